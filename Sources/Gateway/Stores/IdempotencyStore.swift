public import UserStore

/// Keeps answers under idempotency keys.
public protocol IdempotencyStore: Sendable {
  /// Reserves the key `id` for `holder`, if it is free, and tells what it is.
  func reserveAnswer(id: String, fingerprint: String, holder: String) async throws(UserStoreError) -> AnswerReservation
  /// Keeps the answer of the request that reserved the key. Where another holds it by now, nothing happens.
  func keepAnswer(_ answer: [UInt8], id: String, holder: String) async throws(UserStoreError)
  /// Gives the key free: the request that reserved it has no answer to keep.
  func releaseAnswer(id: String, holder: String) async throws(UserStoreError)
}

extension UserStoreActor: IdempotencyStore {}

extension AbsentStore: IdempotencyStore {
  func reserveAnswer(
    id: String, fingerprint: String, holder: String
  ) async throws(UserStoreError) -> AnswerReservation { throw Self.absent }
  func keepAnswer(_ answer: [UInt8], id: String, holder: String) async throws(UserStoreError) { throw Self.absent }
  func releaseAnswer(id: String, holder: String) async throws(UserStoreError) { throw Self.absent }
}
