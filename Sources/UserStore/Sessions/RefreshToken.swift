import FieldEncryption
public import ServiceQueue

/// A refresh token as it is given out, once. The store keeps only its hash.
public struct RefreshToken: Sendable {
  /// 256 random bits as 43 characters of base64url.
  public let token: String
  /// Until when it may be used, by PostgreSQL's clock.
  public let expiresAt: Timestamp
  /// The session that it belongs to: the same for every token that was refreshed from one login. A UUID, no secret.
  public let sessionID: String

  /// A token with all its fields.
  public init(token: String, expiresAt: Timestamp, sessionID: String) {
    self.token = token
    self.expiresAt = expiresAt
    self.sessionID = sessionID
  }
}

/// A session that is over before its time: by logout, the reuse of a refresh token, a new password, or a disabled user.
public struct EndedSession: Hashable, Sendable {
  /// As in `RefreshToken.sessionID`.
  public let id: String
  /// When it ended, by PostgreSQL's clock.
  public let endedAt: Timestamp

  /// The session `id` that ended at `endedAt`.
  public init(id: String, endedAt: Timestamp) {
    self.id = id
    self.endedAt = endedAt
  }
}

/// What a refresh gives.
public struct RefreshedSession: Sendable {
  /// The user as it is now.
  public let user: User
  /// The token for the next refresh.
  public let refreshToken: RefreshToken
  /// What the access token beside it is to say; nil leaves it to whoever signs it.
  public var accessTerms: AccessTerms?

  /// Of a refresh that may be repeated: the same each time, so that the same access token comes out.
  public struct AccessTerms: Hashable, Sendable {
    /// When the pair was given first, by PostgreSQL's clock.
    public let issuedAt: Timestamp
    /// The access token's id.
    public let tokenID: String
  }
}

/// The secret behind a token. Pure but for the drawing.
struct TokenSecret: Sendable {
  let text: String
  /// SHA-256 of the 32 bytes: enough, as they are random.
  let hash: [UInt8]

  static func draw() throws(UserStoreError) -> TokenSecret {
    do {
      let bytes = try SecureRandom.bytes(32)
      return TokenSecret(text: Base64.url.encode(bytes), hash: try SHA256.digest(bytes))
    } catch {
      throw UserStoreError(.internal, error.description)
    }
  }

  private init(text: String, hash: [UInt8]) {
    self.text = text
    self.hash = hash
  }

  /// Nil when `text` cannot be a token.
  init?(_ text: String) {
    guard let bytes = Base64.url.decode(text), bytes.count == 32, let hash = try? SHA256.digest(bytes) else {
      return nil
    }
    self.init(text: text, hash: hash)
  }
}
