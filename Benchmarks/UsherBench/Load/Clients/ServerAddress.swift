import Glibc

/// Where a server listens, resolved.
struct ServerAddress: Sendable {
  /// As it was given: `HOST:PORT`.
  let text: String
  /// The `sockaddr` of its family.
  private let bytes: [UInt8]
  let family: CInt

  /// Resolves `HOST:PORT`; blocks while it asks. An IPv6 address stands in brackets.
  init(_ text: String) throws {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      throw BenchError("'\(text)' is no address of the form HOST:PORT")
    }
    let host = text[..<colon].trimmingPrefix("[")
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let name = String(host.hasSuffix("]") ? host.dropLast() : host)
    guard getaddrinfo(name, String(port), &hints, &list) == 0, let first = list else {
      throw BenchError("the host of '\(text)' is not known")
    }
    defer { freeaddrinfo(list) }
    self.text = text
    family = first.pointee.ai_family
    bytes = Array(UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen)))
  }

  /// Whether it is this machine itself.
  var isLoopback: Bool {
    switch family {
    case AF_INET: bytes.count >= 8 && bytes[4] == 127
    case AF_INET6: bytes.count >= 24 && bytes[8..<24].elementsEqual([UInt8](repeating: 0, count: 15) + [1])
    default: false
    }
  }

  /// Begins to connect a socket that does not block; an errno, or 0.
  func connect(_ descriptor: CInt) -> CInt {
    bytes.withUnsafeBytes { raw in
      guard let address = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return EINVAL }
      return Glibc.connect(descriptor, address, socklen_t(raw.count)) == 0 || errno == EINPROGRESS ? 0 : errno
    }
  }
}
