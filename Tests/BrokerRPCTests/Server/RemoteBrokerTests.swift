import Foundation
import RedisBroker
import ServiceQueue
import Testing

@testable import BrokerRPC

/// The Broker behind gRPC does what the one in this process does.
@Suite(.timeLimit(.minutes(2))) struct RemoteBrokerTests {
  @Test func everyCallAnswersAsTheLocalOne() async throws {
    try await withRig { rig in
      let sealed = SealedPersonalData(wrappedKey: [1, 2, 3], ciphertext: [UInt8](repeating: 7, count: 1_000))
      let first = rig.submission(personal: sealed)
      let outcomes = try await rig.remote.submit([first, rig.submission("k"), rig.submission("k")])
      guard case .stored(let service, _) = outcomes[0] else {
        Issue.record("not stored: \(outcomes)")
        return
      }
      #expect(service.id == first.id && service.personal == sealed)
      guard case .stored(let second, _) = outcomes[1] else { return }
      #expect(outcomes[2] == .duplicate(second.id))
      #expect(try await rig.remote.service(service.id) == rig.local.service(service.id))

      let claimed = try await rig.remote.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna))
      #expect(claimed.service.id == service.id && claimed.service.assignee?.name == "anna")
      let results = await rig.remote.performAll([
        CommandRequest(.start(ServiceRef(id: service.id), fence: claimed.service.fence, lease: nil), by: anna),
        CommandRequest(.start(ServiceRef(id: second.id), fence: 1, lease: nil), by: anna),
      ])
      #expect(try results[0].get().service.state == .serving)
      let local = await rig.local.performAll([
        CommandRequest(.start(ServiceRef(id: second.id), fence: 1, lease: nil), by: anna)
      ])
      #expect(results[1] == local[0])

      #expect(try await rig.remote.queues() == rig.local.queues())
      #expect(try await rig.remote.queue(rig.queue) == rig.local.queue(rig.queue))
      #expect(try await rig.remote.snapshot(of: rig.queue, limit: 10) == rig.local.snapshot(of: rig.queue, limit: 10))
      let query = ServiceListQuery(queue: rig.queue, states: [.waiting], limit: 10)
      #expect(try await rig.remote.list(query) == rig.local.list(query))
      #expect(try await rig.remote.position(of: second.id) == rig.local.position(of: second.id))
      #expect(try await rig.remote.statistics(of: rig.queue) == rig.local.statistics(of: rig.queue))
      let page = try await rig.local.events(of: rig.queue, epoch: nil, after: 0, limit: 10)
      #expect(try await rig.remote.events(of: rig.queue, epoch: nil, after: 0, limit: 10) == page)

      let paused = try await rig.remote.changeMode(QueueModeRequest(rig.queue, .paused, by: anna))
      #expect(paused.mode == .paused)
      #expect(try await rig.remote.createQueue(#require(QueueName("b"))))
      #expect(try await !rig.remote.createQueue(#require(QueueName("b"))))
      #expect(try await rig.remote.restore([service]) == [.known])
      #expect(try await rig.remote.erase([service.id], seenIn: []) == [service.id])
      #expect(try await rig.remote.service(service.id).personal == nil)
      let summary = try await rig.remote.queue(rig.queue)
      #expect(try await !rig.remote.assure(rig.queue, seen: summary.version, in: summary.epoch))

      let entry = PresenceEntry(connection: "c1", user: "u1", name: "anna", level: .agent)
      let joined = PresenceAnnouncement(
        node: "n1", number: 1, changes: [PresenceChange(queue: rig.queue, kind: .joined, entry: entry)])
      #expect(try await rig.remote.announce(joined))
      #expect(try await rig.remote.presence(in: rig.queue).entries == [entry])
    }
  }

  @Test func theOutboxIsReadAndAcknowledged() async throws {
    try await withRig { rig in
      _ = try await rig.remote.submit([rig.submission(), rig.submission()])
      let entries = try await rig.remote.outbox(for: .history, after: nil, limit: 500, wait: .zero)
      #expect(entries.count == 2)
      #expect(try await rig.local.outbox(for: .history, after: nil, limit: 500, wait: .zero) == entries)
      try await rig.remote.acknowledgeOutbox(entries.map(\.id), for: .history)
      #expect(try await rig.remote.outbox(for: .history, after: nil, limit: 500, wait: .milliseconds(50)).isEmpty)
    }
  }

  @Test func errorsComeBackAsTheyAre() async throws {
    try await withRig { rig in
      let unknown = ServiceID("00000000-0000-7000-8000-000000000000")!
      let questions: [@Sendable (any Broker) async throws -> Void] = [
        { _ = try await $0.service(unknown) },
        { _ = try await $0.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna)) },
        { _ = try await $0.queue(QueueName("none")!) },
        { _ = try await $0.snapshot(of: rig.queue, limit: BrokerLimits.snapshot + 1) },
        { _ = try await $0.outbox(for: .history, after: nil, limit: 0, wait: .zero) },
      ]
      for question in questions {
        let local = await failure(question, rig.local)
        #expect(local != nil)
        #expect(await failure(question, rig.remote) == local)
      }
    }
  }

  @Test func manyCallersShareBatches() async throws {
    try await withRig { rig in
      let stored = try await withThrowingTaskGroup(of: [SubmitOutcome].self) { group in
        for _ in 0..<300 { group.addTask { try await rig.remote.submit([rig.submission(), rig.submission()]) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(stored.count == 600 && stored.allSatisfy { if case .stored = $0 { true } else { false } })
      let claims = await withTaskGroup(of: ServiceID?.self) { group in
        for _ in 0..<600 {
          group.addTask {
            try? await rig.remote.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna)).service.id
          }
        }
        return await group.reduce(into: [ServiceID]()) { if let id = $1 { $0.append(id) } }
      }
      #expect(claims.count == 600 && Set(claims).count == 600)
    }
  }

  @Test func longBatchesGoInSeveralMessages() async throws {
    try await withRig(timeout: .seconds(20)) { rig in
      let sealed = SealedPersonalData(wrappedKey: [1], ciphertext: [UInt8](repeating: 9, count: 20_000))
      let batch = (0..<BrokerLimits.submitBatch).map { _ in rig.submission(personal: sealed) }
      let outcomes = try await rig.remote.submit(batch)
      #expect(outcomes.count == batch.count)
      for (submission, outcome) in zip(batch, outcomes) {
        guard case .stored(let service, _) = outcome else {
          Issue.record("not stored")
          return
        }
        #expect(service.id == submission.id)
      }
      // 10 MB of changes: as many as fit in a message, and then the rest.
      var read: [OutboxEntry] = []
      while read.count < batch.count {
        let entries = try await rig.remote.outbox(for: .history, after: read.last?.id, limit: 500, wait: .zero)
        try #require(!entries.isEmpty)
        read += entries
      }
      #expect(read.count == batch.count)
    }
  }

  private func failure(
    _ question: @Sendable (any Broker) async throws -> Void, _ broker: any Broker
  ) async -> BrokerError? {
    do {
      try await question(broker)
      return nil
    } catch {
      return error as? BrokerError
    }
  }
}
