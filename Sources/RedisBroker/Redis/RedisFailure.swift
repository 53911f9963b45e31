/// Why a command has no answer, below the Broker's own words.
enum RedisFailure: Error, Hashable, Sendable {
  /// Redis answered with an error; the command did nothing.
  case refused(String)
  /// It was not carried out: no connection within its time, or the link is closed.
  case unavailable(String)
  /// It was sent and the connection broke, or no answer came within its time.
  case outcomeUnknown(String)
  /// So many commands are under way already.
  case overloaded(limit: Int)
}
