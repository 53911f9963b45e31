import ServiceQueue
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct PageBytesTests {
  /// Stores services with `bytes` of sealed data each, in order.
  private func store(_ count: Int, of bytes: Int, to broker: BrokerActor) async throws -> [Service] {
    var submitter = Submitter()
    let sealed = SealedPersonalData(wrappedKey: [1], ciphertext: Array(repeating: 7, count: bytes))
    var services: [Service] = []
    for start in stride(from: 0, to: count, by: 10) {
      let batch = try (start..<min(start + 10, count)).map { _ in try submitter.make(personal: sealed) }
      for outcome in try await broker.submit(batch) {
        if case .stored(let service, _) = outcome { services.append(service) }
      }
    }
    #expect(services.count == count)
    return services
  }

  /// How much of a page the sealed data alone take.
  private func bytes(_ services: [Service]) -> Int {
    services.reduce(0) { $0 + ($1.personal?.ciphertext.count ?? 0) }
  }

  @Test func snapshotsListsAndEventsEndBeforeTheyAreTooLong() async throws {
    try await withBroker { broker in
      // 26 of 80 KB fill a page.
      let s = try await store(60, of: 80_000, to: broker)
      let queue = s[0].queue
      let snapshot = try await broker.snapshot(of: queue, limit: 5_000)
      #expect(snapshot.services == Array(s[..<26]) && snapshot.summary.total == 60)
      #expect(bytes(snapshot.services) <= BrokerLimits.pageBytes)
      #expect(bytes(Array(s[..<27])) > BrokerLimits.pageBytes)

      for index in stride(from: 0, to: 60, by: 2) { _ = try await broker.perform(.claim(s[index].ref, lease: nil)) }
      let claimed = stride(from: 0, to: 60, by: 2).map { s[$0].id }
      let waiting = stride(from: 1, to: 60, by: 2).map { s[$0].id }
      let cases: [(Set<ServiceState>, [ServiceID])] = [
        ([], s.map(\.id)), ([.claimed], claimed), ([.waiting], waiting),
      ]
      for (states, expected) in cases {
        var ids: [ServiceID] = []
        var sizes: [Int] = []
        var cursor: ListCursor?
        repeat {
          let page = try await broker.list(ServiceListQuery(queue: queue, states: states, after: cursor, limit: 500))
          #expect(bytes(page.services) <= BrokerLimits.pageBytes)
          ids += page.services.map(\.id)
          sizes.append(page.services.count)
          cursor = page.next
        } while cursor != nil
        #expect(ids == expected)
        #expect(sizes == (expected.count == 60 ? [26, 26, 8] : [26, 4]))
      }

      guard case .events(let first, _, 90) = try await broker.events(of: queue, epoch: nil, after: 0, limit: 1_000)
      else {
        Issue.record("no page")
        return
      }
      #expect(first.map(\.version) == Array(1...26))
      #expect(try await broker.allEvents(of: queue).map(\.version) == Array(1...90))
    }
  }

  @Test func oneThatIsTooLongByItselfIsThere() async throws {
    try await withBroker { broker in
      let s = try await store(3, of: 2_400_000, to: broker)
      let queue = s[0].queue
      #expect(try await broker.snapshot(of: queue, limit: 10).services == [s[0]])
      var cursor: ListCursor?
      for index in 0..<3 {
        let page = try await broker.list(ServiceListQuery(queue: queue, after: cursor, limit: 10))
        #expect(page.services == [s[index]] && (page.next == nil) == (index == 2))
        cursor = page.next
      }
      #expect(try await broker.allEvents(of: queue).map(\.version) == [1, 2, 3])
    }
  }

  @Test func viewersOfManyLongServicesDoNotHoldUpCommands() async throws {
    try await withBroker(commandTimeout: .seconds(10)) { broker in
      let s = try await store(150, of: 160_000, to: broker)
      let queue = s[0].queue
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask {
            let snapshot = try await broker.snapshot(of: queue, limit: 5_000)
            #expect(snapshot.summary.total == 150 && !snapshot.services.isEmpty)
          }
        }
        group.addTask {
          for service in s[..<50] { _ = try await broker.perform(.claim(service.ref, lease: nil)) }
        }
        try await group.waitForAll()
      }
      #expect(await broker.health().lastFailure == nil)
    }
  }

  @Test func moreReadsThanAreSentAtOneTimeAreAllAnswered() async throws {
    try await withBroker { broker in
      let services = try await broker.store(20)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<200 {
          group.addTask {
            let snapshot = try await broker.snapshot(of: services[0].queue, limit: 20)
            #expect(snapshot.services == services)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func readsHaveAConnectionOfTheirOwn() async throws {
    let redis = try PrivateRedis(["appendonly no"])
    try await withBroker(url: redis.url) { broker in
      let services = try await broker.store(1)
      _ = try await broker.snapshot(of: services[0].queue, limit: 1)
      let six = try await eventually {
        let clients = try await broker.execute(RedisCommand("CLIENT", "LIST"), named: "clients", effect: .question)
        return clients.text?.split(separator: "\n").count == 6
      }
      #expect(six)
    }
  }
}
