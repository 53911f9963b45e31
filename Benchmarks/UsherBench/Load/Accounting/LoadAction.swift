/// What is timed.
enum LoadAction: String, Sendable, CaseIterable {
  /// From when a request was due to RabbitMQ's confirm.
  case publish = "publish to confirm"
  /// From when a request was due to its being on a viewer's screen; each viewer counts.
  case screen = "publish to screen"
  case claimNext = "claim next"
  case start
  case complete
  /// `GET /.well-known/jwks.json`, which touches no queue: what the way there and back costs at the least.
  case bare = "bare request"
}
