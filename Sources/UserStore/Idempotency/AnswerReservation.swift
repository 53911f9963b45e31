/// What became of the reservation of an idempotency key.
public enum AnswerReservation: Hashable, Sendable {
  /// The key is the caller's: it acts, and then keeps its answer or releases the key.
  case reserved
  /// The same request was answered with this.
  case kept([UInt8])
  /// The same request is under way.
  case underWay
  /// The key belongs to another request.
  case otherRequest
}
