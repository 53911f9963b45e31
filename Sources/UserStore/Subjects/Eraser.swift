import FieldEncryption
public import Logging
import Metrics
public import ServiceLifecycle
public import ServiceQueue
import Synchronization

/// Carries out erasures: a customer's personal data leave Redis and PostgreSQL. Any number of nodes may run one; an erasure is
/// one node's at a time, and each of its steps can be repeated, so that a node that dies leaves nothing half done.
///
/// It wakes at once for an erasure that this node was asked for, and now and then for others'. While Redis or PostgreSQL is
/// down an erasure stays pending. Errors end a round; the next one begins where it was.
public final class Eraser: ServiceLifecycle.Service {
  let broker: any Broker
  let store: UserStoreActor
  let reader: SubjectReader
  let logger: Logger
  let pace: Pace
  let worker: String
  let state = Mutex(State())
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  private let done = Counter(label: "usher_erasures_done_total")
  private let failures = Counter(label: "usher_erasures_failures_total")
  private let pending = Gauge(label: "usher_erasures_pending")

  /// How fast it goes.
  struct Pace: Sendable {
    /// Between two looks for erasures.
    var looks = Duration.seconds(10)
    /// How long the history may take to record what was there before; then the next round goes on.
    var patience = Duration.seconds(15)
    /// Between two questions to the outbox.
    var pause = Duration.milliseconds(200)
    /// Between two rewritings of Redis' log, each of which costs Redis a second process.
    var rewrites = Duration.seconds(30)
    /// Between two looks for services that cannot be found yet, and whether Redis has got back what was erased.
    var patrols = Duration.seconds(3_600)
  }

  struct State {
    var rewroteAt: ContinuousClock.Instant?
    var patrolledAt: ContinuousClock.Instant?
    /// A patrol has erased something, and the log has not been written anew since.
    var owesRewrite = false
  }

  /// Erasures of one round.
  static let mostOrders = 100

  /// An eraser that does nothing before `run()`. Throws when no random bytes are to be had.
  public convenience init(
    broker: any Broker, store: UserStoreActor, reader: SubjectReader, logger: Logger
  ) throws {
    try self.init(broker: broker, store: store, reader: reader, logger: logger, pace: Pace())
  }

  init(broker: any Broker, store: UserStoreActor, reader: SubjectReader, logger: Logger, pace: Pace) throws {
    self.broker = broker
    self.store = store
    self.reader = reader
    self.logger = logger
    self.pace = pace
    worker = try UserRules.newID()
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Asks for everything to be erased that is about `name`, whatever that may be, or as `meaning` alone. It is done soon after;
  /// see `erasure(id:)`. Whether there is anything is not told before. The entry is written in the same transaction, and gets
  /// the erasure's id.
  public func requestErasure(
    of name: String, as meaning: SubjectMeaning?, audit: AuditEntry?
  ) async throws(UserStoreError) -> Erasure {
    let indexes: [[UInt8]]
    do {
      indexes = try SubjectName.all(of: meaning).compactMap { try reader.index.value(of: $0.term(name)) }
    } catch {
      throw UserStoreError(.internal, "the blind indexes cannot be computed")
    }
    let service = meaning ?? .service == .service ? ServiceID(name) : nil
    let erasure = try await store.requestErasure(of: indexes, serviceID: service, audit: audit)
    wake.yield()
    return erasure
  }

  /// The erasure with this id; throws `notFound`.
  public func erasure(id: String) async throws(UserStoreError) -> Erasure { try await store.erasure(id: id) }

  /// A page of erasures, the newest first. Throws `invalidArgument` when the limit is not 1 to 500.
  public func erasures(after cursor: ErasureCursor?, limit: Int) async throws(UserStoreError) -> ErasurePage {
    try await store.erasures(after: cursor, limit: limit)
  }

  /// Erases until graceful shutdown or cancellation.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            self.wake.yield()
            try? await Task.sleep(for: self.pace.looks)
          }
        }
        for await _ in self.wakes { await self.look() }
        group.cancelAll()
      }
    }
  }

  private func look() async {
    do {
      let left = try await eraseAll()
      pending.record(left)
      // In quiet times.
      if left == 0 { try await patrol() }
    } catch {
      guard !Task.isCancelled else { return }
      failures.increment()
      logger.warning("erasing pauses; it will be tried again", metadata: ["error": "\(error)"])
    }
  }

  /// One round; answers how many erasures are still pending.
  private func eraseAll() async throws -> Int {
    var orders = try await store.claimErasures(worker: worker, limit: Self.mostOrders)
    guard !orders.isEmpty else { return 0 }
    // What was submitted before is in the history then, and each service can be found.
    try await awaitHistory()
    try await readUnread()
    for index in orders.indices { try await erase(&orders[index]) }
    // And nothing that was on its way is left in the outbox.
    try await awaitHistory()
    guard try await rewriteLog(for: orders) else { return orders.count }
    try await store.finishErasures(orders.map(\.id))
    done.increment(by: orders.count)
    for order in orders {
      logger.notice("erased", metadata: ["erasure": "\(order.id)", "services": "\(order.services)"])
    }
    return 0
  }

  private func erase(_ order: inout ErasureOrder) async throws {
    while true {
      let (ids, queues) = try await store.services(toErase: order, limit: BrokerLimits.eraseBatch)
      guard !ids.isEmpty else { return }
      _ = try await broker.erase(ids, seenIn: queues)
      order.services = try await store.erase(ids, for: order)
    }
  }
}
