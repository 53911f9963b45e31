/// Where PostgreSQL is and who asks. Parsed here, not by libpq, whose errors would repeat the text with the password.
public struct DatabaseURL: Sendable, CustomStringConvertible {
  let host: String
  let port: UInt16
  let database: String
  let user: String
  let password: String?
  /// libpq parameters from the query, of those in `allowed`.
  let options: [String: String]

  /// libpq parameters that the query of the URL may set.
  static let allowed: Set<String> = [
    "sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "application_name", "options", "host",
  ]

  /// Reads `postgresql://user:password@host:port/database?sslmode=...`. User and database are required; the host is
  /// `localhost` and the port 5432 unless told; `?host=/directory` names a Unix socket. Parts are percent-decoded. The
  /// query may set `sslmode`, `sslrootcert`, `sslcert`, `sslkey`, `channel_binding`, `application_name` and `options`.
  ///
  /// A host name is looked up on the reactor's thread at each attempt to connect: give an address, or a name that the
  /// machine itself can resolve.
  public init(_ text: String) throws(DatabaseURLError) {
    guard let scheme = ["postgresql://", "postgres://"].first(where: text.hasPrefix) else {
      throw DatabaseURLError("it must begin with postgresql://")
    }
    var rest = text.dropFirst(scheme.count)
    guard !rest.contains("#") else { throw DatabaseURLError("a # in it must be written %23") }
    var query: Substring = ""
    if let mark = rest.firstIndex(of: "?") {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    guard let slash = rest.firstIndex(of: "/") else { throw DatabaseURLError("the database is missing: .../NAME") }
    database = try Self.decoded(rest[rest.index(after: slash)...], "database")
    let authority = rest[..<slash]
    guard let at = authority.lastIndex(of: "@") else {
      throw DatabaseURLError("the user is missing: USER:PASSWORD@...")
    }
    let login = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    user = try Self.decoded(login[0], "user")
    password = login.count > 1 ? try Self.decoded(login[1], "password") : nil
    (host, port) = try Self.address(authority[authority.index(after: at)...])
    options = try Self.options(query)
    guard !user.isEmpty else { throw DatabaseURLError("the user is empty") }
    guard !database.isEmpty else { throw DatabaseURLError("the database is empty") }
  }

  /// The URL without password and query.
  public var description: String {
    "postgresql://\(user)@\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
  }

  private static func address(_ text: Substring) throws(DatabaseURLError) -> (String, UInt16) {
    var host = text
    var port: Substring?
    if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<close]
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw DatabaseURLError("what follows ] must be a port") }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    let name = try decoded(host, "host")
    guard let port else { return (name.isEmpty ? "localhost" : name, 5432) }
    guard let number = UInt16(port), number > 0 else { throw DatabaseURLError("the port is not 1 to 65535") }
    return (name.isEmpty ? "localhost" : name, number)
  }

  private static func options(_ query: Substring) throws(DatabaseURLError) -> [String: String] {
    var options: [String: String] = [:]
    for item in query.split(separator: "&") {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = try decoded(pair[0], "query")
      guard pair.count == 2, allowed.contains(key) else {
        throw DatabaseURLError("its query may set only \(allowed.sorted().joined(separator: ", "))")
      }
      options[key] = try decoded(pair[1], "query")
    }
    return options
  }

  private static func decoded(_ text: Substring, _ part: String) throws(DatabaseURLError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
          throw DatabaseURLError("a % in its \(part) must be followed by two hexadecimal digits (% itself is %25)")
        }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
      throw DatabaseURLError("its \(part) is not UTF-8 text without NUL")
    }
    return decoded
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
  }
}

/// Why a text is not a database URL; never repeats the text.
public struct DatabaseURLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence for operators.
  public let description: String

  init(_ reason: String) { description = "not a database URL: \(reason)" }
}
