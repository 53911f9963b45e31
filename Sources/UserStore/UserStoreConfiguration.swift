public import FieldEncryption

/// How a store reaches its database, and its limits.
public struct UserStoreConfiguration: Sendable {
  /// The database.
  public var url: DatabaseURL
  /// How long one attempt to connect may take.
  public var connectTimeout = Duration.seconds(5)
  /// How long a call waits for a connection before it fails as `unavailable`.
  public var waitTimeout = Duration.seconds(5)
  /// How long one statement may run.
  public var statementTimeout = Duration.seconds(5)
  /// Calls that wait or are in flight; one more fails as `overloaded`.
  public var maximumPending = 1024
  /// Connections to PostgreSQL, 1 to 8; more than three are for reports that run at the same time.
  public var connections = 2
  /// How long a statement of a report may run, and a report wait for a connection. With one connection for all it is
  /// `statementTimeout` that bounds the statement.
  public var reportTimeout = Duration.seconds(30)
  /// How long a refresh token lives; each refresh begins it anew.
  public var refreshTokenLifetime = Duration.seconds(30 * 86_400)
  /// How many months the audit is kept; 0 for ever.
  public var auditMonths = 0

  /// How long a session may go on at most, however often it is refreshed.
  public var sessionLifetime = Duration.seconds(90 * 86_400)
  /// When the keys of access tokens are rotated.
  public var signingKeys = SigningKeySchedule()

  /// What a new password must be.
  public var passwordRules = PasswordRules()
  /// The site's name, which makes no password.
  public var site = ""
  /// Failed logins from one address that have no consequence; see `LoginThrottle`.
  public var loginFailuresPerNetwork = 100

  /// The defaults, with this database.
  public init(url: DatabaseURL) { self.url = url }
}
