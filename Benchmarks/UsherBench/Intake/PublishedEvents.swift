import CFanout
import FieldEncryption
import Foundation
import Intake
import Logging
import Reactor
import ServiceQueue
import UserStore

/// Events from requests that are published to RabbitMQ on order, the moment of the order as their `kind`, and taken in by the intake.
struct PublishedEvents: EventSource {
  /// Orders that wait for RabbitMQ; with more the measurement fails.
  private static let bound = 4_096

  let counts = EventSourceCounts()
  private let broker: any Broker
  private let url: AMQPURL
  private let orders: AsyncStream<UInt64>
  private let continuation: AsyncStream<UInt64>.Continuation

  init(_ broker: any Broker, url: String) throws {
    self.broker = broker
    self.url = try AMQPURL(url)
    (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.bound))
  }

  func publish() -> Bool {
    if case .enqueued = continuation.yield(CFANOUT_STAMP + cfanout_now()) { true } else { false }
  }

  /// Publishes what is ordered and takes it in, until cancelled. Throws when RabbitMQ fails.
  func run() async throws {
    let reactor = try Reactor(name: "bench-intake")
    let consumer = ConsumerActor(
      configuration: IntakeConfiguration(url: url), broker: broker,
      vault: try FieldVault(keyset: try Keyset.generate()), rules: RuleSet(), reactor: reactor,
      logger: Logger(label: "usher.bench") { _ in SwiftLogNoOpLogHandler() })
    let requests = IntakeRequests()
    let (stream, publisher) = AsyncStream.makeStream(
      of: SampleRequest.self, bufferingPolicy: .bufferingOldest(Self.bound))
    let (orders, url) = (orders, url)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await consumer.run() }
      group.addTask { try await SamplePublisher(url: url).publish(stream) }
      group.addTask {
        var number = 0
        for await moment in orders {
          number += 1
          guard case .enqueued = publisher.yield(try requests.request(number, kind: String(moment))) else {
            throw BenchError("RabbitMQ does not take requests as fast as they are ordered")
          }
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
    await reactor.shutdown()
  }
}
