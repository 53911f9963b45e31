import ServiceQueue
import Testing

@testable import UserStore

@Suite("Statistics, against a real server", .serialized)
struct StatisticsTests {
  static let from = Timestamp(milliseconds: 1_774_000_000_123)
  static let to = Timestamp(milliseconds: from.milliseconds + 20 * 86_400_000)

  /// Services within the period and around it, in every state.
  static func services(_ count: Int, _ random: inout some RandomNumberGenerator) -> [Service] {
    (0..<count).map { number in
      let states: [ServiceState] = [.waiting, .scheduled, .claimed, .serving, .completed, .noShow, .cancelled, .dead]
      let state = states.randomElement(using: &random)!
      let queue = [Samples.queue, Samples.roadside].randomElement(using: &random)!
      var service = Samples.service(number, state: state, queue: queue)
      func later(_ than: Timestamp, _ most: Int64) -> Timestamp {
        Timestamp(milliseconds: than.milliseconds + .random(in: 0...most, using: &random))
      }
      service.kind = ["passport", "towing", "tax"].randomElement(using: &random)!
      service.submittedAt = Timestamp(
        milliseconds: .random(in: from.milliseconds - 86_400_000...to.milliseconds + 86_400_000, using: &random))
      if Int.random(in: 0..<4, using: &random) == 0 { service.scheduledFor = later(service.submittedAt, 7_200_000) }
      let isClaimed =
        switch state {
        case .claimed, .serving, .completed, .noShow, .dead: true
        case .cancelled: Bool.random(using: &random)
        default: false
        }
      if isClaimed {
        let user = Int.random(in: 1...3, using: &random)
        service.assignee = Assignee(id: "u\(user)", name: "name\(user)")
        service.claimedAt = later(service.submittedAt, 9_000_000)
      }
      if let claimed = service.claimedAt, state == .serving || state == .completed || Bool.random(using: &random) {
        service.startedAt = later(claimed, 60_000)
      }
      if !state.isLive {
        service.endedAt = later(service.startedAt ?? service.claimedAt ?? service.submittedAt, 3_600_000)
      }
      return service
    }
  }

  /// The same in plain arithmetic.
  struct Plain {
    var services: [Service] = []

    func waiting(_ service: Service) -> Int64? {
      guard let end = service.claimedAt ?? service.endedAt else { return nil }
      return max(
        0, end.milliseconds - max(service.submittedAt, service.scheduledFor ?? service.submittedAt).milliseconds)
    }

    func handling(_ service: Service) -> Int64? {
      guard let start = service.startedAt, let end = service.endedAt else { return nil }
      return end.milliseconds - start.milliseconds
    }

    func check(_ times: StatisticsGroup.Times, _ values: [Int64]) {
      let sorted = values.sorted()
      func share(_ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let (low, high) = (sorted[Int(place)], sorted[min(Int(place) + 1, sorted.count - 1)])
        return Double(low) + Double(high - low) * (place - place.rounded(.down))
      }
      #expect(times.count == sorted.count)
      guard !sorted.isEmpty else {
        #expect(times.mean == nil && times.p50 == nil && times.p90 == nil)
        return
      }
      func near(_ found: Int64?, _ expected: Double) -> Bool { found.map { abs(Double($0) - expected) <= 1 } ?? false }
      #expect(near(times.mean, Double(sorted.reduce(0, +)) / Double(sorted.count)))
      #expect(near(times.p50, share(0.5)) && near(times.p90, share(0.9)))
    }

    func check(_ group: StatisticsGroup, seconds: Int64) {
      func count(_ state: ServiceState) -> Int64 { Int64(services.count { $0.state == state }) }
      #expect(group.submitted == services.count)
      #expect(group.completed == count(.completed) && group.noShow == count(.noShow))
      #expect(group.cancelled == count(.cancelled) && group.dead == count(.dead))
      #expect(group.unserved == services.count { $0.endedAt != nil && $0.startedAt == nil })
      #expect(abs(group.seconds - seconds) <= 1)
      check(group.waiting, services.compactMap(waiting))
      check(group.handling, services.compactMap(handling))
    }
  }

  @Test func likePlainArithmetic() async throws {
    try await withStore { store, _ in
      var random = SystemRandomNumberGenerator()
      let services = Self.services(900, &random)
      for start in stride(from: 0, to: services.count, by: 300) {
        try await store.record(
          services[start..<start + 300].enumerated().map { Samples.entry(UInt64(start + $0 + 1), $1) })
      }
      let within = services.filter { $0.submittedAt >= Self.from && $0.submittedAt < Self.to }
      let period: Int64 = 20 * 86_400
      for grouping in StatisticsQuery.Grouping.allCases {
        var query = StatisticsQuery(from: Self.from, to: Self.to, by: grouping)
        // A place with summer time, which begins within the period: 2026-03-29.
        let shift: (Timestamp) -> Int64 = { $0.milliseconds >= 1_774_746_000_000 ? 7_200_000 : 3_600_000 }
        query.timeZone = "Europe/Berlin"
        let unit: Int64 = grouping == .hour ? 3_600_000 : 86_400_000
        var expected: [String: Plain] = [:]
        for service in within {
          let key: String? =
            switch grouping {
            case .queue: service.queue.rawValue
            case .kind: service.kind
            case .employee: service.assignee?.id
            case .hour, .day:
              String(
                Timestamp(
                  milliseconds: (service.submittedAt.milliseconds + shift(service.submittedAt)) / unit * unit
                ).description.prefix(grouping == .hour ? 16 : 10))
            }
          if let key { expected[key, default: Plain()].services.append(service) }
        }
        let groups = try await store.statistics(query)
        #expect(groups.map(\.key) == expected.keys.sorted())
        for group in groups {
          var seconds = period
          if let start = group.start {
            // The day on which the clock goes forward has 23 hours.
            let length = group.key == "2026-03-29" ? 23 * 3_600_000 : unit
            seconds =
              (min(Self.to.milliseconds, start.milliseconds + length)
                - max(Self.from.milliseconds, start.milliseconds)) / 1_000
          }
          let plain = try #require(expected[group.key])
          plain.check(group, seconds: seconds)
          if grouping == .employee { #expect(group.name == "name" + group.key.dropFirst()) }
        }
        query.queues = [Samples.roadside]
        let limited = try await store.statistics(query).reduce(0) { $0 + $1.submitted }
        #expect(
          limited == within.count { $0.queue == Samples.roadside && (grouping != .employee || $0.assignee != nil) })
      }
    }
  }

  @Test func whatCannotBeAsked() async throws {
    try await withStore { store, _ in
      func query(_ days: Int64, _ change: (inout StatisticsQuery) -> Void = { _ in }) -> StatisticsQuery {
        var query = StatisticsQuery(
          from: Self.from, to: Timestamp(milliseconds: Self.from.milliseconds + days * 86_400_000), by: .day)
        change(&query)
        return query
      }
      let none = try await store.statistics(query(366))
      #expect(none.isEmpty)
      for days in [0, -1, 367] as [Int64] {
        await expectError(.invalidArgument) { try await store.statistics(query(days)) }
      }
      for zone in ["Mars/Olympus", "UTC+3", "", "'; DROP TABLE users; --"] {
        await expectError(.invalidArgument) { try await store.statistics(query(1) { $0.timeZone = zone }) }
      }
    }
  }

  @Test func sharesAndRates() {
    let none = StatisticsGroup.Times(count: 0, mean: nil, p50: nil, p90: nil)
    func group(completed: Int64, noShow: Int64, unserved: Int64, seconds: Int64) -> StatisticsGroup {
      StatisticsGroup(
        key: "q", name: nil, start: nil, submitted: 9, completed: completed, noShow: noShow, cancelled: 0, dead: 0,
        unserved: unserved, seconds: seconds, waiting: none, handling: none)
    }
    #expect(group(completed: 0, noShow: 0, unserved: 0, seconds: 60).abandonment == nil)
    #expect(group(completed: 3, noShow: 1, unserved: 1, seconds: 1_800).abandonment == 0.25)
    #expect(group(completed: 3, noShow: 1, unserved: 1, seconds: 1_800).throughput == 6)
  }
}
