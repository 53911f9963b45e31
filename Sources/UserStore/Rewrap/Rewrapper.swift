public import FieldEncryption
import Metrics

/// Seals anew what another key than the primary has sealed, a bounded number of values a second.
///
/// Values are replaced only where the old bytes still stand, so writers are never waited for and never overwritten; what they
/// wrote meanwhile is found by the next round. Where a round stands is in PostgreSQL: one that was killed goes on from there.
public struct Rewrapper: Sendable {
  /// Rows looked at and values replaced a second.
  public static let rates = 1...100_000

  private let store: UserStoreActor
  private let aead: AEAD
  private let rate: Int
  private let owner: String
  private let resealed = Counter(label: "usher_rewrap_resealed_total")

  /// `rate` is at most so many values a second. Throws when libcrypto has no entropy.
  public init(store: UserStoreActor, aead: AEAD, rate: Int) throws(LibcryptoError) {
    self.store = store
    self.aead = aead
    self.rate = min(max(rate, Self.rates.lowerBound), Self.rates.upperBound)
    owner = try SecureRandom.bytes(8).map { String($0, radix: 16) }.joined(separator: ".")
  }

  /// One round through all columns; `tell` hears how many values it has replaced so far.
  public func round(_ tell: @Sendable (Int) async -> Void = { _ in }) async throws(UserStoreError) -> RewrapOutcome {
    let key = aead.primaryKeyID
    guard let progress = try await store.beginRewrap(to: key, owner: owner) else { return .busy }
    var total = 0
    var unreadable = 0
    for column in SealedColumn.all {
      let state = progress.first { $0.column == column.name }
      if state?.finishedAt != nil { continue }
      var position = state?.position ?? ""
      while true {
        if Task.isCancelled { throw UserStoreError(.unavailable, "cancelled: the next round goes on from here") }
        // A new primary would seal what this round then leaves: begin anew.
        guard aead.primaryKeyID == key,
          let done = try await store.rewrapWindow(
            of: column, after: position, key: key, limit: min(500, rate), owner: owner)
        else {
          return .superseded
        }
        total += done.replaced
        unreadable += done.batch.unreadable
        resealed.increment(by: done.replaced)
        await tell(total)
        guard let next = done.batch.position else { break }
        position = next
        try? await Task.sleep(for: .seconds(Double(max(done.batch.seen, 1)) / Double(rate)))
      }
    }
    try await store.endRewrap(owner: owner)
    return .finished(resealed: total, unreadable: unreadable)
  }
}
