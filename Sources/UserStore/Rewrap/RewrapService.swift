public import FieldEncryption
public import Logging
import Metrics
import Reactor
public import ServiceLifecycle

/// The server's background job: after a rotation it seals anew what older keys have sealed, one node at a time, and counts what
/// remains. Costs nothing while the keyset has one enabled key.
public struct RewrapService: ServiceLifecycle.Service {
  private let store: UserStoreActor
  private let aead: AEAD
  private let rewrapper: Rewrapper
  private let logger: Logger
  /// How soon a new primary is noticed.
  private let glance: Duration
  /// How often all is counted while there are older keys: live services write their old data keys until they end.
  private let interval: Duration
  private let remaining = Gauge(label: "usher_rewrap_remaining")
  private let failures = Counter(label: "usher_rewrap_failures_total")

  /// A job for `store`, whose keyset `aead` is. `rate` as for `Rewrapper`. Throws when libcrypto has no entropy.
  public init(store: UserStoreActor, aead: AEAD, rate: Int, logger: Logger) throws(LibcryptoError) {
    try self.init(store: store, aead: aead, rate: rate, logger: logger, glance: .seconds(2), interval: .seconds(600))
  }

  init(
    store: UserStoreActor, aead: AEAD, rate: Int, logger: Logger, glance: Duration, interval: Duration
  ) throws(LibcryptoError) {
    self.store = store
    self.aead = aead
    self.logger = logger
    self.glance = glance
    self.interval = interval
    rewrapper = try Rewrapper(store: store, aead: aead, rate: rate)
  }

  /// Until graceful shutdown or cancellation; what is not done then is done by the next node or start.
  public func run() async throws {
    remaining.record(0)
    await cancelWhenGracefulShutdown {
      var lastKey: UInt32?
      var due = ContinuousClock.now
      var failed = 0
      while !Task.isCancelled {
        let key = aead.primaryKeyID
        if aead.enabledKeyCount > 1, key != lastKey || due <= .now {
          do {
            // Not finished: look again at the next glance.
            due = .now + (try await look() ? interval : glance)
            lastKey = key
            failed = 0
          } catch {
            failures.increment()
            failed += 1
            let delay = Backoff.reconnect.delay(attempt: failed - 1, chance: .random(in: 0..<1))
            due = .now + delay
            lastKey = key
            logger.debug("rewrapping pauses", metadata: ["error": "\(error)", "failures": "\(failed)"])
          }
        }
        do { try await Task.sleep(for: glance) } catch { return }
      }
    }
  }

  /// Counts, and does a round if there is something to do. False when another node is at it or values came meanwhile.
  private func look() async throws(UserStoreError) -> Bool {
    let key = aead.primaryKeyID
    let count = try await store.keyUse().values(notOf: key)
    remaining.record(count)
    let isNoted = try await store.rewrapProgress().contains { $0.keyID == key }
    guard count > 0 || !isNoted else { return true }
    let remaining = remaining
    let outcome = try await rewrapper.round { remaining.record(max(0, count - $0)) }
    guard case .finished(let resealed, let unreadable) = outcome else { return false }
    let left = try await store.keyUse().values(notOf: key)
    remaining.record(left)
    logger.notice(
      "sealed anew by the primary key",
      metadata: [
        "key": "\(key)", "values": "\(resealed)", "unreadable": "\(unreadable)", "remaining": "\(left)",
      ])
    return left <= unreadable
  }
}
