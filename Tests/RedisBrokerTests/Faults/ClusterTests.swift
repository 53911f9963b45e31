import Foundation
import ServiceQueue
import Testing

@testable import RedisBroker

/// The functions name their keys, and all of a site are in one slot: so they run on Redis Cluster.
@Suite(.timeLimit(.minutes(1))) struct ClusterTests {
  @Test func everyCommandRunsOnACluster() async throws {
    let redis = try PrivateRedis(["appendonly yes", "appendfsync always", "cluster-enabled yes"])
    let control = try redis.control()
    try control.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    #expect(
      await eventually {
        guard case .string(let info) = try? control.send("CLUSTER", "INFO") else { return false }
        return String(decoding: info, as: UTF8.self).contains("cluster_state:ok")
      })
    try await withBroker(
      url: redis.url, queues: ["a", "b"], sweepInterval: .milliseconds(50), presenceLife: .milliseconds(300)
    ) { broker in
      #expect(await eventually { await broker.health().isConnected })
      try await Tour(broker: broker).run()
    }
  }

  /// What the functions do to keys is seen by `MONITOR`.
  @Test func everyKeyIsDeclared() async throws {
    let redis = try PrivateRedis()
    let monitor = try redis.control()
    let site = unique("t")
    try await withBrokers(
      1, url: redis.url, site: site, queues: ["a", "b"], sweepInterval: .milliseconds(50),
      presenceLife: .milliseconds(300)
    ) { brokers in
      #expect(await eventually { await brokers[0].health().isConnected })
      #expect(try monitor.send("MONITOR") == .status("OK"))
      try await Tour(broker: brokers[0]).run()
    }
    try redis.control().send("ECHO", "the end")
    var declared: Set<String> = []
    var functions: Set<String> = []
    var calls = 0
    while true {
      let words = Self.words(of: String(decoding: try monitor.line(), as: UTF8.self))
      if words.arguments.contains("the end") { break }
      if words.isOfFunction {
        calls += 1
        for word in words.arguments.dropFirst() where word.hasPrefix("usher:{\(site)}:") {
          #expect(declared.contains(word), "\(words.arguments[0]) \(word) is not declared")
        }
      } else if words.arguments.count > 2, words.arguments[0].hasPrefix("FCALL"), let count = Int(words.arguments[2]) {
        declared = Set(words.arguments.dropFirst(3).prefix(count))
        functions.insert(words.arguments[1])
      }
    }
    print("→ keys: \(calls) calls by \(functions.count) functions")
    #expect(functions.count >= 24 && calls > 100)
  }

  /// A line of `MONITOR`: time, origin in brackets, then the quoted words.
  private static func words(of line: String) -> (isOfFunction: Bool, arguments: [String]) {
    guard let start = line.firstIndex(of: "\"") else { return (false, []) }
    // Tabs and quotes within are escaped; names of keys have none.
    let arguments = line[start...].dropFirst().dropLast().components(separatedBy: "\" \"")
    return (line[..<start].contains(" lua]"), arguments)
  }
}

/// Calls everything that a Broker can do once, and checks that it was done.
private struct Tour {
  let broker: BrokerActor
  private let queues = [QueueName("a")!, QueueName("b")!]

  init(broker: BrokerActor) {
    self.broker = broker
  }

  func run() async throws {
    #expect(try await broker.createQueue(queueName("c")))
    try await handle()
    try await sort()
    try await repair()
    try await ask()
    try await watch()
  }

  private func watch() async throws {
    let entries = (0..<3).map { PresenceEntry(connection: "c\($0)", user: "u", name: "anna", level: .agent) }
    let changes = entries.map { PresenceChange(queue: queues[0], kind: .joined, entry: $0) }
    let away = PresenceChange(queue: queues[1], kind: .left, entry: entries[0])
    #expect(try await broker.announce(PresenceAnnouncement(node: "n", number: 1, changes: changes + [away])))
    #expect(try await broker.announce(PresenceAnnouncement(node: "n", number: 3, changes: [])) == false)
    #expect(try await broker.presence(in: queues[0]).entries == entries)
    // The node says nothing more: it is dead, and taken out.
    #expect(await eventually { await (try? broker.presence(in: queues[0]).connections) == 0 })
    #expect(await eventually { await (try? broker.buried("n")) == true })
  }

  private func handle() async throws {
    let services = try await broker.store(6)
    let first = try await broker.perform(.claimNext(queues[0], lease: nil)).service
    #expect(first.id == services[0].id)
    _ = try await broker.perform(.start(first.ref, fence: first.fence, lease: nil))
    _ = try await broker.perform(.renew(first.ref, fence: first.fence, lease: nil))
    _ = try await broker.perform(.hold(first.ref, fence: first.fence, hold: nil))
    _ = try await broker.perform(.resume(first.ref, fence: first.fence, lease: nil))
    #expect(try await broker.perform(.complete(first.ref, fence: first.fence)).service.state == .completed)
    let second = try await broker.perform(.claim(services[1].ref, lease: nil), key: "k").service
    #expect(try await broker.perform(.claim(services[1].ref, lease: nil), key: "k").isReplay)
    #expect(await broker.refusal(.claim(services[1].ref, lease: nil), ben)?.code == .illegalTransition)
    _ = try await broker.perform(.release(second.ref, fence: second.fence))
    let third = try await broker.perform(.claim(services[2].ref, lease: nil)).service
    _ = try await broker.perform(.noShow(third.ref, fence: third.fence))
    #expect(try await broker.perform(.reinstate(third.ref), sue).service.state == .waiting)
    #expect(try await broker.perform(.remove(services[3].ref), sue).service.state == .cancelled)
    var submitter = Submitter()
    let item = try submitter.make(requires: try #require(SkillSet(["german"], most: 8)), scheduledFor: fromNow(200))
    #expect(try await broker.store(item).state == .scheduled)
    #expect(await eventually { (try? await broker.service(item.id).state) == .waiting })
  }

  private func sort() async throws {
    let services = try await broker.store(4)
    _ = try await broker.perform(.move(services[3].ref, to: .first), sue)
    // Until the gap is used up, so that it renumbers.
    for index in 0..<60 {
      _ = try await broker.perform(.move(services[index % 2].ref, to: .before(services[2].id)), sue)
    }
    _ = try await broker.perform(.reprioritise(services[0].ref, try #require(Priority(9))), sue)
    let moved = try await broker.perform(.transfer(services[1].ref, to: queues[1], fence: nil), sue)
    #expect(moved.service.queue == queues[1])
    for mode in [QueueMode.paused, .draining, .open] {
      #expect(try await broker.changeMode(QueueModeRequest(queues[0], mode, by: sue)).mode == mode)
    }
    let all = await broker.performAll(services.map { CommandRequest(.move($0.ref, to: .last), by: sue) })
    #expect(all.count { (try? $0.get()) != nil } == 3)
  }

  private func repair() async throws {
    let here = try #require(try await broker.list(ServiceListQuery(queue: queues[0], limit: 1)).services.first)
    var lost = here
    lost.id = try #require(ServiceID("01890a5d-ac96-774b-bcce-b302099a8057"))
    var ended = here
    ended.version += 3
    ended.state = .completed
    let outcomes = try await broker.restore([here, lost, ended])
    guard outcomes.count == 3, case .known = outcomes[0], case .restored = outcomes[1], case .ended = outcomes[2] else {
      Issue.record("\(outcomes)")
      return
    }
    let summary = try await broker.queue(queues[1])
    #expect(try await broker.assure(queues[1], seen: summary.version, in: summary.epoch) == false)
    #expect(try await broker.assure(queues[1], seen: summary.version + 1, in: summary.epoch))
    #expect(try await broker.queue(queues[1]).epoch != summary.epoch)
  }

  private func ask() async throws {
    let snapshot = try await broker.snapshot(of: queues[0], limit: 100)
    #expect(QueueDigest(of: snapshot.services) == snapshot.summary.digest)
    #expect(try await broker.list(ServiceListQuery(queue: queues[0], states: [.waiting], limit: 2)).services.count == 2)
    let waiting = try #require(snapshot.services.last { $0.state == .waiting })
    #expect(try await broker.position(of: waiting.id).ahead != nil)
    #expect(try await broker.statistics(of: queues[0]).handlingTimes.count <= QueueStatistics.mostTimes)
    #expect(try await broker.queues().count == 3)
    #expect(try await broker.allEvents(of: queues[0]).count == Int(snapshot.summary.version))
    let entries = try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero)
    try await broker.acknowledgeOutbox(entries.map(\.id), for: .history)
    #expect(try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero).count < 500)
  }
}
