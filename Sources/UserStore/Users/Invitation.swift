public import ServiceQueue

/// An invitation as it is given out, once: whoever has its token chooses the user's password. The store keeps only a hash.
public struct Invitation: Sendable {
  /// How long an invitation may be good: an hour to 30 days.
  public static let lifetimeRange: ClosedRange<Duration> = .seconds(3_600)...(.seconds(30 * 86_400))
  /// How long it is good unless told otherwise: 7 days.
  public static let standardLifetime = Duration.seconds(7 * 86_400)

  /// Who is invited.
  public let user: User
  /// 256 random bits as 43 characters of base64url.
  public let token: String
  /// Until when it may be accepted, by PostgreSQL's clock.
  public let expiresAt: Timestamp

  /// An invitation with all its fields.
  public init(user: User, token: String, expiresAt: Timestamp) {
    self.user = user
    self.token = token
    self.expiresAt = expiresAt
  }
}
