import CFanout
import Foundation
import RedisBroker
import ServiceQueue

/// Events as they come about: services that are submitted to the Broker, the moment of the order as their `kind`.
struct RedisEvents: EventSource {
  /// What stands before the moment.
  static let stamp = #""kind":""#
  /// Orders that wait for Redis; with more the measurement fails.
  private static let bound = 1_024

  let counts = EventSourceCounts()
  private let broker: BrokerActor
  private let queue: QueueName
  private let orders: AsyncStream<UInt64>
  private let continuation: AsyncStream<UInt64>.Continuation

  init(_ broker: BrokerActor, _ queue: QueueName) {
    self.broker = broker
    self.queue = queue
    (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.bound))
  }

  func publish() -> Bool {
    if case .enqueued = continuation.yield(CFANOUT_STAMP + cfanout_now()) { true } else { false }
  }

  /// Submits what is ordered, one after another, until cancelled. Throws when the Broker fails.
  func run() async throws {
    let ids = NumberedIDs()
    var number = 0
    for await moment in orders {
      number += 1
      let id = try ids.id(number)
      let submission = Submission(
        id: id, queue: queue, kind: String(moment), priority: .normal, personal: nil, submitter: "bench",
        submitterName: "bench", idempotencyKey: id.rawValue, fingerprint: id.rawValue)
      guard case .stored? = try await broker.submit([submission]).first else {
        throw BenchError("a new service was not stored as new; this is a bug")
      }
    }
  }
}
