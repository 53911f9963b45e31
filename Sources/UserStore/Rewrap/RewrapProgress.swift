public import ServiceQueue

/// How far a column is sealed anew, as PostgreSQL keeps it.
public struct RewrapProgress: Sendable, Equatable {
  /// The column, such as `users.email`.
  public let column: String
  /// The key that it is sealed by, as soon as it is done.
  public let keyID: UInt32
  /// When it became the primary, about.
  public let keySince: Timestamp
  /// The last row that was looked at.
  public let position: String
  /// Values that this key has replaced.
  public let resealed: Int
  /// Values that no enabled key opens, found in the present round.
  public let unreadable: Int
  /// When it last went on.
  public let updatedAt: Timestamp
  /// When the round ended; nil while it goes on.
  public let finishedAt: Timestamp?
}

/// How a round of rewrapping ended.
public enum RewrapOutcome: Sendable, Equatable {
  /// Every column was walked through: so many values were replaced, and so many cannot be opened.
  case finished(resealed: Int, unreadable: Int)
  /// Another node is at it.
  case busy
  /// The primary key changed meanwhile, or another node took over: look again.
  case superseded
}
