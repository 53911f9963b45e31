/// What a queue takes and gives. The raw value is the word in Redis and JSON.
public enum QueueMode: String, Sendable, CaseIterable {
  /// Takes requests and gives them out.
  case open
  /// Takes requests, but none may be claimed.
  case paused
  /// Takes no new requests; those in it are handled to the end.
  case draining
}
