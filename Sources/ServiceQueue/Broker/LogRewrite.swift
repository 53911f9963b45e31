/// What became of the wish that the log of changes be written anew.
public enum LogRewrite: Hashable, Sendable {
  /// It has begun, or will as soon as possible, with what was there at that moment or later.
  case begun
  /// Another one that began before is not done: ask again later.
  case isBusy
  /// There is no log.
  case hasNone
  /// It is not allowed, or not possible: it is the operator's to see to it.
  case isRefused
}
