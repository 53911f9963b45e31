public import ServiceQueue

/// Which OpenID provider is trusted, and what its claims mean here.
public struct OpenIDConfiguration: Sendable {
  /// Where the provider's keys are.
  public enum KeySource: Hashable, Sendable {
    /// A file with a JWK set; read again when it has changed.
    case file(String)
    /// A JWK set by https, or by http on the loopback.
    case url(String)

    /// The URL, if keys may be loaded from it; nil for any other text.
    public init?(url text: String) {
      guard text.utf8.count <= 2_048, let end = text.firstRange(of: "://") else { return nil }
      let rest = text[end.upperBound...]
      let authority = rest.prefix { !"/?#".contains($0) }
      guard !authority.isEmpty, !authority.contains("@") else { return nil }
      switch text[..<end.lowerBound] {
      case "https": break
      case "http":
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard ["127.0.0.1", "localhost", "[::1]"].contains(host) else { return nil }
      default: return nil
      }
      self = .url(text)
    }
  }

  /// One entry of the mapping of claims to access levels.
  public struct LevelRule: Hashable, Sendable {
    /// The claim that is looked at.
    public let claim: String
    /// The value that it must have, or contain if it is a list.
    public let value: String
    /// The level that this gives.
    public let level: AccessLevel

    /// Reads `CLAIM:VALUE=LEVEL`. A claim may contain colons, a value none; a value may contain `=`.
    public init?(_ text: String) {
      guard let equals = text.lastIndex(of: "="),
        let level = AccessLevel(rawValue: String(text[text.index(after: equals)...])),
        let colon = text[..<equals].lastIndex(of: ":")
      else { return nil }
      claim = String(text[..<colon])
      value = String(text[text.index(after: colon)..<equals])
      guard !claim.isEmpty, !value.isEmpty else { return nil }
      self.level = level
    }
  }

  /// The provider: every token's `iss`.
  public var issuer: String
  /// What every token's `aud` must be or contain.
  public var audience: String
  /// The provider's keys.
  public var keys: KeySource
  /// The first that matches gives the level; a user whom none matches may not come in.
  public var levels: [LevelRule]
  /// The claim with the queues that a user is limited to, `*` for all; nil for no limit.
  public var queuesClaim: String?
  /// The claim with the user's skills; nil leaves them to administrators.
  public var skillsClaim: String?
  /// The claim with the name for people; nil leaves it to administrators.
  public var nameClaim: String?

  /// A provider whose users are limited to no queues.
  public init(issuer: String, audience: String, keys: KeySource, levels: [LevelRule]) {
    self.issuer = issuer
    self.audience = audience
    self.keys = keys
    self.levels = levels
  }
}
