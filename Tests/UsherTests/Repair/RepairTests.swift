import Foundation
import RedisBroker
import ServiceQueue
import Testing
import UserStore

@testable import usher

@Suite("Repair and continuity, against real servers", .serialized)
struct RepairTests {
  static let desk = QueueName("front-desk")!
  static let road = QueueName("roadside")!
  static let anna = Principal(
    id: "u1", name: "anna", level: .supervisor, skills: SkillSet(["german"], most: SkillSet.mostHeld)!)

  static var tomorrow: Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000) + 86_400_000)
  }

  /// Submits `count` services and returns them.
  static func submit(
    _ count: Int, to broker: BrokerActor, queue: QueueName = desk, scheduledFor: Timestamp? = nil
  ) async throws -> [Service] {
    let outcomes = try await broker.submit(
      (0..<count).map { number in
        let digits = String(UInt64.random(in: 0..<1 << 47), radix: 16)
        let id = ServiceID("01920000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
        return Submission(
          id: id, queue: queue, kind: "passport", priority: Priority(number % 10)!,
          requires: SkillSet(number % 3 == 0 ? ["german"] : [], most: 8)!, scheduledFor: scheduledFor,
          personal: SealedPersonalData(wrappedKey: [1, 2], ciphertext: Array(id.rawValue.utf8)), submitter: "amqp",
          submitterName: "amqp", idempotencyKey: id.rawValue, fingerprint: "f")
      })
    return outcomes.compactMap { if case .stored(let service, _) = $0 { service } else { nil } }
  }

  static func live(_ broker: BrokerActor, _ queue: QueueName = desk) async throws -> [Service] {
    try await broker.list(ServiceListQuery(queue: queue, limit: 500)).services
  }

  @Test func lostQueuesComeBackOnce() async throws {
    try await withServers { servers in
      let before = try await servers.withSite([Self.desk, Self.road]) { broker in
        let services = try await Self.submit(120, to: broker)
        _ = try await Self.submit(
          1, to: broker, queue: Self.road, scheduledFor: Self.tomorrow)
        _ = try await broker.perform(
          CommandRequest(.transfer(ServiceRef(id: services[9].id), to: Self.road, fence: nil), by: Self.anna))
        for service in services.prefix(3) {
          let claim = try await broker.perform(
            CommandRequest(.claim(ServiceRef(id: service.id), lease: nil), by: Self.anna))
          guard service.id != services[2].id else { continue }
          _ = try await broker.perform(
            CommandRequest(.noShow(ServiceRef(id: service.id), fence: claim.service.fence), by: Self.anna))
        }
        try await servers.relay(broker)
        let transferred = try await servers.history.historyEntry(services[9].id)
        let road = try await broker.queue(Self.road)
        #expect(transferred.service.queue == Self.road && transferred.epoch == road.epoch)
        #expect(transferred.queueVersion == road.version)
        return try await Self.live(broker)
      }
      #expect(before.count == 117)

      try await servers.withSite { broker in
        let repair = Repair(broker: broker, history: servers.history)
        let forecast = try await repair.run(isDryRun: true)
        #expect(forecast.queues.map(\.restored) == [117, 2] && forecast.queues.allSatisfy(\.isNew))
        #expect(try await broker.queues().isEmpty)

        let report = try await repair.run()
        #expect(report.queues.map(\.restored) == [117, 2] && report.queues.allSatisfy(\.isNew) && report.isComplete)
        let after = try await Self.live(broker)
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.order) == before.map(\.order))
        #expect(after.map(\.personal) == before.map(\.personal) && after.map(\.requires) == before.map(\.requires))
        #expect(after.allSatisfy { $0.state == .waiting && $0.assignee == nil })
        #expect(zip(before, after).allSatisfy { $0.version + 1 == $1.version && $0.ticket == $1.ticket })

        // The history does not have yet what the repair did.
        var hasty = repair
        hasty.patience = .zero
        let error = await #expect(throws: Repair.HistoryIsBehind.self) { try await hasty.run() }
        #expect(error?.waiting == 119)
        #expect(error?.description.contains("usher serve") == true)
        try await servers.relay(broker)
        let again = try await repair.run(queue: Self.desk)
        #expect(again.lines == ["front-desk: known 117, restored 0, ended 0, refused 0"])
        #expect(try await Self.live(broker) == after)
      }
    }
  }

  @Test func anOlderCopyIsBroughtForward() async throws {
    try await withServers { servers in
      try await servers.withSite([Self.desk, Self.road]) { broker in
        let services = try await Self.submit(4, to: broker)
        try await servers.relay(broker)
        // What happened after the copy was made: one ended, one changed, one went to another queue.
        var ended = services[0]
        ended.state = .completed
        ended.version += 3
        ended.endedAt = Timestamp(milliseconds: 1_700_000_000_000)
        var moved = services[1]
        moved.order = OrderKey(5)!
        moved.version += 1
        var away = services[2]
        away.queue = Self.road
        away.version += 1
        var summary = try await broker.queue(Self.desk)
        for change in [QueueEvent.Change.completed(ended), .moved(moved)] {
          try await servers.recordUnknown(change, of: summary)
          summary = QueueSummary(
            queue: summary.queue, version: summary.version + 1, epoch: summary.epoch, digest: summary.digest,
            mode: summary.mode, counts: summary.counts)
        }
        try await servers.recordUnknown(.added(away, from: Self.desk), of: try await broker.queue(Self.road))

        // At the start of a server.
        let check = ContinuityCheck(broker: broker, history: servers.history, logger: Servers.logger)
        let findings = try await check.findings()
        #expect(
          findings == [
            ContinuityCheck.Finding(queue: Self.desk, isBehind: true, lost: 1),
            ContinuityCheck.Finding(queue: Self.road, isBehind: true, elsewhere: 1),
          ])
        #expect(try await broker.queue(Self.desk).epoch != summary.epoch)

        let repair = Repair(broker: broker, history: servers.history)
        let forecast = try await repair.run(isDryRun: true)
        let report = try await repair.run()
        #expect(forecast.queues == report.queues)
        let desk = try #require(report.queues.first)
        #expect(desk.known == 1 && desk.restored == 1 && desk.ended == 1 && desk.refused.isEmpty)
        #expect(report.queues.last?.refused == [.badTarget: 1] && !report.isComplete)
        #expect(try await broker.service(ended.id).state == .completed)
        #expect(try await Self.live(broker).first?.order == moved.order)

        try await servers.relay(broker)
        let later = try await check.findings()
        #expect(later == [ContinuityCheck.Finding(queue: Self.road, elsewhere: 1)])
      }
    }
  }

  /// Whatever the history has at the moment, it must not bring back what was ended, or take away what is held.
  @Test func nothingIsTouchedWhileEmployeesWork() async throws {
    try await withServers { servers in
      try await servers.withSite([Self.desk]) { broker in
        let services = try await Self.submit(150, to: broker)
        let repair = Repair(broker: broker, history: servers.history)
        let completed = try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask {
            while !Task.isCancelled { try await servers.relay(broker) }
            return 0
          }
          for _ in 0..<4 {
            group.addTask {
              var count = 0
              while let claim = try? await broker.perform(
                CommandRequest(.claimNext(Self.desk, lease: nil), by: Self.anna))
              {
                let ref = ServiceRef(id: claim.service.id)
                for command in [
                  Command.start(ref, fence: claim.service.fence, lease: nil),
                  .complete(ref, fence: claim.service.fence),
                ] {
                  _ = try await broker.perform(CommandRequest(command, by: Self.anna))
                }
                count += 1
              }
              return count
            }
          }
          var runs = 0
          let end = ContinuousClock.now + .seconds(30)
          while try await broker.queue(Self.desk).total > 0 || runs == 0, .now < end {
            let report = try await repair.run()
            #expect(report.queues.map(\.restored) == [0] && report.queues.map(\.ended) == [0] && report.isComplete)
            runs += 1
          }
          var sum = 0
          for _ in 0..<4 { sum += try await group.next() ?? 0 }
          group.cancelAll()
          return sum
        }
        #expect(completed == services.count)
      }
    }
  }

  @Test func anEmptiedRedisIsToldWithoutRepairing() async throws {
    try await withServers { servers in
      try await servers.withSite([Self.desk]) { broker in
        _ = try await Self.submit(5, to: broker)
        try await servers.relay(broker)
        let check = ContinuityCheck(broker: broker, history: servers.history, logger: Servers.logger)
        #expect(try await check.findings().isEmpty)
        // Ends by itself.
        try await check.run()
      }
      try await servers.withSite([Self.desk]) { broker in
        let check = ContinuityCheck(broker: broker, history: servers.history, logger: Servers.logger)
        let findings = try await check.findings()
        #expect(findings == [ContinuityCheck.Finding(queue: Self.desk, lost: 5)])
        #expect(try await Self.live(broker).isEmpty)
      }
    }
  }
}
