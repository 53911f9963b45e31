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
  /// How long a refresh token lives; each refresh begins it anew.
  public var refreshTokenLifetime = Duration.seconds(30 * 86_400)

  /// The defaults, with this database.
  public init(url: DatabaseURL) { self.url = url }
}
