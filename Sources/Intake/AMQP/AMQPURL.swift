/// Where RabbitMQ is and who we are there: `amqp://user:password@host:port/vhost`, parts percent-encoded; with `amqps` over TLS, where the
/// server's certificate must be for this host and by a trusted authority.
public struct AMQPURL: Hashable, Sendable, CustomStringConvertible {
  /// A name or address; an IPv6 address without its brackets.
  public let host: String
  /// Whether the connection is encrypted.
  public let usesTLS: Bool
  /// By what the other side of an encrypted connection is verified.
  public let certificates: AMQPCertificates
  /// When the URL has none 5672, or 5671 for `amqps`.
  public let port: Int
  /// `guest` when the URL has none.
  public let user: String
  let password: String
  /// `/` when the URL has none.
  public let vhost: String

  /// Reads a URL.
  ///
  /// - Parameters:
  ///   - text: the URL.
  ///   - certificates: for `amqps` alone.
  /// - Throws: `invalidURL`, with what is wrong but without the URL: it holds a password.
  public init(_ text: String, certificates: AMQPCertificates = AMQPCertificates()) throws(AMQPError) {
    guard let scheme = ["amqp://", "amqps://"].first(where: { text.lowercased().hasPrefix($0) }) else {
      throw Self.invalid("it must begin with amqp:// or amqps://")
    }
    usesTLS = scheme == "amqps://"
    self.certificates = certificates
    guard usesTLS || certificates.isStandard else {
      throw Self.invalid("certificates are for amqps://, and this is amqp://, which is not encrypted")
    }
    guard (certificates.certificate == nil) == (certificates.key == nil) else {
      throw Self.invalid("a client's certificate and its key go together: one of them is missing")
    }
    let rest = text.dropFirst(scheme.count)
    guard !rest.contains("?"), !rest.contains("#") else { throw Self.invalid("it takes no ? and no #") }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    let path = rest[slash...].dropFirst()

    let at = authority.lastIndex(of: "@")
    let hostAndPort = at.map { authority[authority.index(after: $0)...] } ?? authority
    if let at {
      let credentials = authority[..<at]
      let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
      user = try Self.decode(credentials[..<colon], "user")
      password = try Self.decode(credentials[colon...].dropFirst(), "password")
      guard !user.isEmpty else { throw Self.invalid("the user is empty") }
    } else {
      user = "guest"
      password = "guest"
    }

    let portText: Substring
    if hostAndPort.hasPrefix("[") {
      guard let end = hostAndPort.firstIndex(of: "]") else { throw Self.invalid("the address lacks its ]") }
      host = String(hostAndPort[hostAndPort.index(after: hostAndPort.startIndex)..<end])
      portText = hostAndPort[hostAndPort.index(after: end)...]
    } else {
      let colon = hostAndPort.firstIndex(of: ":") ?? hostAndPort.endIndex
      host = try Self.decode(hostAndPort[..<colon], "host")
      portText = hostAndPort[colon...]
    }
    guard !host.isEmpty else { throw Self.invalid("the host is missing") }
    if portText.isEmpty {
      port = usesTLS ? 5671 : 5672
    } else {
      guard portText.hasPrefix(":"), portText.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let port = Int(portText.dropFirst()), (1...65_535).contains(port)
      else { throw Self.invalid("the port is no number from 1 to 65535") }
      self.port = port
    }
    guard !path.contains("/") else { throw Self.invalid("a / in the virtual host is written %2F") }
    vhost = path.isEmpty ? "/" : try Self.decode(path, "virtual host")
  }

  /// The URL without the password.
  public var description: String { "\(usesTLS ? "amqps" : "amqp")://\(user):***@\(host):\(port) virtual host \(vhost)" }

  private static func invalid(_ what: String) -> AMQPError {
    AMQPError(.invalidURL, "Not a URL of RabbitMQ (amqp://user:password@host:port/vhost): \(what)")
  }

  private static func decode(_ text: Substring, _ part: String) throws(AMQPError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw invalid("a bad percent escape in the \(part)") }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    // C strings end at NUL.
    guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
      throw invalid("the \(part) is not UTF-8, or has a NUL")
    }
    return decoded
  }
}
