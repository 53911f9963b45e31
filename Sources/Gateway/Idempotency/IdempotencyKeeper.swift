/// Who keeps the promise of a route's `Idempotency-Key`.
enum IdempotencyKeeper: Sendable {
  /// The route's handler: the queue engine's routes hand the key to the Broker, which has it in the same atomic step as the change.
  case handler
  /// The user store, which keeps the answer for a day: `IdempotentRoute`.
  case stored
}
