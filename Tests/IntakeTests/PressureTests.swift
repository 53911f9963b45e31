import ServiceQueue
import Testing

@testable import Intake

/// The Broker does not keep up with large messages: bytes are bounded, too, and the connections live.
@Suite("Pressure", .serialized)
struct PressureTests {
  private static let count = 120
  private static let size = 240_000

  private func publishLarge(_ probe: Probe) async throws {
    let filler = String(repeating: "x", count: Self.size)
    // A few at a time: the test's own memory counts as well.
    for start in stride(from: 0, to: Self.count, by: 20) {
      try await probe.publish(
        (start..<start + 20).map {
          (
            "service.front-desk.advice", MessageProperties(messageID: "large\($0)"),
            #"{"filler":"\#(filler)"}"#
          )
        })
    }
  }

  @Test func readingPausesAtSoManyBytes() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.isHeld = true }
      try await withConsumer(topology, broker, prefetch: 1_000, heartbeat: 2) { running in
        try await publishLarge(probe)
        try await eventually(within: .seconds(60), "paused") { await running.consumer.held().isPaused }
        let held = await running.consumer.held()
        #expect(held.bytes >= IntakeConfiguration.heldBytes)
        #expect(
          held.bytes <= IntakeConfiguration.heldBytes + AMQPConnection.Options.drainBytes + Self.size + 2_048)
        // Longer than RabbitMQ waits for a heartbeat.
        try await Task.sleep(for: .seconds(6))
        #expect(await running.consumer.held() == held)
        broker.update { $0.isHeld = false }
        try await eventually(within: .seconds(60), "stored") { broker.stored.count == Self.count }
        try await eventually("let go") {
          let now = await running.consumer.held()
          return now.bytes == 0 && !now.isPaused && now.session == held.session
        }
      }
      // No connection was lost, nothing came twice.
      #expect(broker.stored.map(\.idempotencyKey) == (0..<Self.count).map { "amqp\nlarge\($0)" })
      #expect(broker.largestBatch <= IntakeConfiguration.batchBytes / Self.size)
    }
  }

  @Test func stopsWhilePaused() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.isHeld = true }
      try await withConsumer(topology, broker, prefetch: 1_000, grace: .seconds(1)) { running in
        try await publishLarge(probe)
        try await eventually(within: .seconds(60), "paused") { await running.consumer.held().isPaused }
      }
      try await eventually("given back") { try await probe.count(of: topology.queue).messages == Self.count }
    }
  }

  /// More dead letters than may be on their way at one time, large ones among them.
  @Test func deadLettersAreSentLittleByLittle() async throws {
    try await withIntake { probe, broker, topology in
      let filler = String(repeating: "y", count: 300_000)
      try await withConsumer(topology, broker, prefetch: 500) { _ in
        try await probe.publish(
          (0..<300).map { number in
            ("service.front-desk.advice", MessageProperties(messageID: "bad\(number)"), number % 50 == 0 ? filler : "{")
          })
        #expect(try await probe.take(300, from: topology.deadQueue).count == 300)
        try await eventually("acknowledged") { try await probe.count(of: topology.queue).messages == 0 }
      }
    }
  }
}

struct HeldBytes: Equatable, Sendable {
  var bytes: Int
  var isPaused: Bool
  var session: ObjectIdentifier?
}

extension ConsumerActor {
  func held() -> HeldBytes {
    HeldBytes(
      bytes: session?.heldBytes ?? 0, isPaused: session?.isPaused ?? false,
      session: session.map { ObjectIdentifier($0) })
  }
}
