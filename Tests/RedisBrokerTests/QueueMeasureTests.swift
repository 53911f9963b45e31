import ServiceQueue
import Testing

@testable import RedisBroker

/// What the metrics are told of the queues.
@Suite struct QueueMeasureTests {
  @Test func everyQueueIsCountedByState() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let services = try await broker.store(3)
      _ = try await broker.perform(.claim(services[0].ref, lease: nil))
      _ = try await broker.changeMode(
        QueueModeRequest(try queueName("b"), .paused, by: sue))
      let measures = try await broker.queueMeasures()
      #expect(measures.map(\.queue.rawValue) == ["a", "b"])
      #expect(measures[0].counts.waiting == 2 && measures[0].counts.claimed == 1 && measures[0].counts.total == 3)
      #expect(measures[1].counts.total == 0)
      #expect(measures.map(\.isPaused) == [false, true])
      #expect(measures[1].oldestWaiting == 0)
    }
  }

  /// Who stands first is not who waits longest, and who requires a skill stands in another line.
  @Test func theLongestWaitIsFoundWhereverItStands() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      var submitter = Submitter()
      _ = try await broker.store(submitter.make("a"))
      _ = try await broker.store(submitter.make("b", requires: try #require(SkillSet(["german"], most: 8))))
      try await Task.sleep(for: .milliseconds(400))
      _ = try await broker.store(submitter.make("a", priority: try #require(Priority(9))))
      _ = try await broker.store(submitter.make("b"))
      for measure in try await broker.queueMeasures() {
        #expect((0.4..<10).contains(measure.oldestWaiting), "\(measure.queue): \(measure.oldestWaiting) s")
      }
    }
  }

  /// A service waits from when it is due, not from when it was asked for.
  @Test func whatIsScheduledDoesNotWait() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let soon = Timestamp(milliseconds: try await broker.store(submitter.make()).submittedAt.milliseconds + 60_000)
      _ = try await broker.store(submitter.make(scheduledFor: soon))
      let measure = try #require(try await broker.queueMeasures().first)
      #expect(measure.counts.scheduled == 1 && measure.counts.waiting == 1)
      #expect(measure.oldestWaiting < 10)
    }
  }

  @Test func labelsAreBounded() throws {
    let metrics = QueueMetrics()
    let names = try (0...QueueMetrics.namesLimit).map { try queueName("queue-\($0)") }
    let labels = names.map { metrics.label(of: $0) }
    #expect(labels.dropLast() == names.dropLast().map(\.rawValue)[...])
    #expect(labels.last == "other")
    #expect(metrics.label(of: names[0]) == names[0].rawValue)
  }
}
