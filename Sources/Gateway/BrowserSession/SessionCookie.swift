/// The cookie that keeps a browser's refresh token where no script reads it: RFC 6265bis, for this one cookie. Pure.
struct SessionCookie: Hashable, Sendable {
  /// What a request has of it.
  enum Found: Hashable, Sendable {
    case none
    /// What may be a refresh token.
    case token(String)
    /// Several of that name, or what this server cannot have set.
    case unusable
  }

  /// The longest of all cookies of a request that are looked at, in bytes.
  static let longest = 16 * 1_024
  private static let longestToken = 128

  /// False for browsers that reach this server over plain HTTP.
  let isSecure: Bool

  /// The prefix makes browsers refuse it from other hosts, for other paths and without TLS.
  var name: String { isSecure ? "__Host-usher-session" : "usher-session" }

  /// Reads the values of a request's `Cookie`.
  func found(in fields: [String]) -> Found {
    guard fields.reduce(0, { $0 + $1.utf8.count }) <= Self.longest else { return .unusable }
    var found = Found.none
    for pair in fields.flatMap({ $0.split(separator: ";") }) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // Names of cookies are compared as they stand, but for their case: a prefix in another case must not pass for ours.
      guard Self.trimmed(parts[0]).lowercased() == name.lowercased() else { continue }
      guard found == .none, parts.count == 2, Self.trimmed(parts[0]) == name, Self.isToken(Self.trimmed(parts[1]))
      else { return .unusable }
      found = .token(String(Self.trimmed(parts[1])))
    }
    return found
  }

  /// The value of `Set-Cookie` for a token that is good for `seconds`.
  func setting(_ token: String, seconds: Int64) -> String {
    "\(name)=\(token); Path=/; Max-Age=\(max(1, seconds));\(isSecure ? " Secure;" : "") HttpOnly; SameSite=Strict"
  }

  /// The value of `Set-Cookie` that takes it away.
  var clearing: String {
    "\(name)=; Path=/; Max-Age=0;\(isSecure ? " Secure;" : "") HttpOnly; SameSite=Strict"
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }

  /// Base64url, as refresh tokens are.
  private static func isToken(_ text: Substring) -> Bool {
    (1...longestToken).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
