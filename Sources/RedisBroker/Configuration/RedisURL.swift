/// Where Redis is and how to log in: `redis://[user:password@]host[:port][/database]` or
/// `unix://[user:password@]/path/to/socket[?db=database]`. Printing it hides the password.
public struct RedisURL: Hashable, Sendable, CustomStringConvertible {
  /// What to connect to.
  enum Target: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)
  }

  let target: Target
  let user: String?
  let password: String?
  let database: Int

  /// Why a text is no URL of a Redis. The message never contains the text, which may hold a password.
  public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what is expected.
    public let description: String
  }

  /// Parses `text`; user and password may be percent-encoded. Port 6379 and database 0 when nothing is said.
  public init(_ text: String) throws(Malformed) {
    func malformed(_ what: String) -> Malformed {
      Malformed(description: "\(what); expected redis://[user:password@]host[:port][/database] or unix:///path")
    }
    guard let mark = text.firstRange(of: "://") else { throw malformed("no scheme") }
    let scheme = text[..<mark.lowerBound]
    var rest = text[mark.upperBound...]
    guard scheme == "redis" || scheme == "unix" else {
      throw malformed(scheme == "rediss" ? "TLS to Redis is not supported" : "unknown scheme")
    }

    if let at = rest.lastIndex(of: "@") {
      let login = rest[..<at]
      rest = rest[rest.index(after: at)...]
      let colon = login.firstIndex(of: ":") ?? login.endIndex
      guard let user = Self.decoded(login[..<colon]), let password = Self.decoded(login[colon...].dropFirst()) else {
        throw malformed("the login is not correctly percent-encoded")
      }
      self.user = user.isEmpty || user == "default" ? nil : user
      self.password = password.isEmpty ? nil : password
    } else {
      user = nil
      password = nil
    }

    var databaseText: Substring = ""
    if scheme == "unix" {
      if let mark = rest.firstRange(of: "?db=") {
        databaseText = rest[mark.upperBound...]
        rest = rest[..<mark.lowerBound]
      }
      guard rest.hasPrefix("/"), rest.utf8.count <= 100, let path = Self.decoded(rest) else {
        throw malformed("no absolute path of at most 100 bytes")
      }
      target = .unix(path: path)
    } else {
      if let slash = rest.firstIndex(of: "/") {
        databaseText = rest[rest.index(after: slash)...]
        rest = rest[..<slash]
      }
      let (host, portText) = try Self.split(rest) { malformed("an IPv6 address without its closing bracket") }
      guard !host.isEmpty else { throw malformed("no host") }
      let port = portText.map { Int($0) ?? 0 } ?? 6379
      guard (1...65_535).contains(port) else { throw malformed("the port is not 1 to 65535") }
      target = .tcp(host: String(host), port: port)
    }
    guard let database = databaseText.isEmpty ? 0 : Int(databaseText), (0...1_000_000).contains(database) else {
      throw malformed("the database is no number")
    }
    self.database = database
  }

  /// The URL with `***` for the password.
  public var description: String {
    let login = password == nil ? "" : "\(user ?? ""):***@"
    return switch target {
    case .tcp(let host, let port): "redis://\(login)\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    case .unix(let path): "unix://\(login)\(path)?db=\(database)"
    }
  }

  private static func split(
    _ authority: Substring, otherwise malformed: () -> Malformed
  ) throws(Malformed) -> (Substring, Substring?) {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { throw malformed() }
      let after = authority[authority.index(after: end)...]
      return (authority[authority.index(after: authority.startIndex)..<end], after.isEmpty ? nil : after.dropFirst())
    }
    guard let colon = authority.lastIndex(of: ":") else { return (authority, nil) }
    return (authority[..<colon], authority[authority.index(after: colon)...])
  }

  /// Nil when a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        let digits = rest.prefix(2)
        guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
          return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
