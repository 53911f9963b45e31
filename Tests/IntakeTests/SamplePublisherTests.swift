import ServiceQueue
import Synchronization
import Testing

@testable import Intake

@Suite("Sample publisher", .serialized)
struct SamplePublisherTests {
  @Test func whatItPublishesIsTakenIn() async throws {
    try await withIntake { probe, broker, topology in
      let seen = Mutex<[Int]>([])
      let queues = ["front-desk", "roadside"].compactMap { QueueName($0) }
      let publisher = SamplePublisher(url: try testURL(), topology: topology)
      let report = try await publisher.publish(count: 1_500, queues: queues) { count in
        seen.withLock { $0.append(count) }
      }
      #expect(report.confirmed == 1_500)
      #expect(report.rate > 0)
      #expect(seen.withLock { $0.last == 1_500 && $0 == $0.sorted() })
      try await withConsumer(topology, broker) { _ in
        try await eventually("stored") { broker.stored.count == 1_500 }
      }
      #expect(broker.stored.filter { $0.queue.rawValue == "roadside" }.count == 750)
      #expect(broker.stored.allSatisfy { $0.personal != nil })
      #expect(Set(broker.stored.map(\.idempotencyKey)).count == 1_500)
    }
  }

  @Test func keepsToTheRate() async throws {
    try await withIntake { probe, broker, topology in
      let publisher = SamplePublisher(url: try testURL(), topology: topology)
      let report = try await publisher.publish(count: 50, queues: [QueueName("q")!], rate: 100)
      #expect(report.confirmed == 50)
      #expect(report.duration > .milliseconds(400) && report.duration < .seconds(30))
    }
  }

  @Test func endsWhenCancelled() async throws {
    try await withIntake { probe, broker, topology in
      let publisher = SamplePublisher(url: try testURL(), topology: topology)
      let task = Task { try await publisher.publish(count: 1_000_000, queues: [QueueName("q")!], rate: 10) }
      try await Task.sleep(for: .milliseconds(300))
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}
