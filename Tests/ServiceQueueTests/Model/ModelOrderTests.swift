import Testing

@testable import ServiceQueue

@Suite struct ModelOrderTests {
  /// A generator with a seed, so that a failure can be repeated.
  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Without moves nothing overtakes that arrived later by more than the difference of the boosts, whatever else happens to
  /// the services.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func nothingOvertakesByMoreThanTheBoosts(seed: UInt64) throws {
    var random = Seeded(state: seed)
    var site = ModelSite(policy: try #require(QueuePolicy(mostAttempts: 1_000)))
    var arrivals: [ServiceID: Int64] = [:]
    for _ in 0..<150 {
      site.now += [0, 1, 1_000, 600_000, 3_000_000].randomElement(using: &random) ?? 0
      let service = try site.store(priority: Int.random(in: 0...9, using: &random))
      arrivals[service.id] = site.now
      if Bool.random(using: &random) {
        let claimed = try site.perform(.claimNext(ModelSite.desk, lease: nil)).service
        try site.perform(.release(claimed.ref, fence: claimed.fence))
      }
      if Int.random(in: 0..<5, using: &random) == 0 { _ = try site.model.sweep(ModelSite.desk, most: 9, at: site.now) }
    }
    let line = try site.model.snapshot(of: ModelSite.desk, limit: .max).services
    for (place, before) in line.enumerated() {
      for after in line[(place + 1)...] {
        let headStart = try #require(arrivals[before.id]) - #require(arrivals[after.id])
        #expect(headStart <= before.priority.boost - after.priority.boost)
      }
    }
    try site.checkInvariants()
  }

  /// However many urgent requests come, more than can be handled, the least urgent one is claimed: only those overtake it that
  /// arrive within the difference of the boosts.
  @Test func nobodyStarves() throws {
    var site = ModelSite()
    let least = try site.store(priority: 0)
    let urgent = try #require(Priority(9))
    let within = (urgent.boost - least.priority.boost) / 60_000
    var overtaken = 0
    while true {
      for _ in 0..<2 { _ = try site.store(priority: 9) }
      let claimed = try site.perform(.claimNext(ModelSite.desk, lease: nil)).service
      if claimed.id == least.id { break }
      overtaken += 1
      try site.perform(.remove(claimed.ref), ModelSite.sue)
      site.now += 60_000
      try #require(overtaken <= 1_000)
    }
    #expect(overtaken == 2 * within)
  }

  @Test func aServiceIsMovedWhereItIsTold() throws {
    var site = ModelSite()
    let s = try site.store(5).map(\.id)
    func ref(_ place: Int) -> ServiceRef { ServiceRef(id: s[place], queue: ModelSite.desk) }
    try site.perform(.move(ref(4), to: .first), ModelSite.sue)
    #expect(try site.ids() == [s[4], s[0], s[1], s[2], s[3]])
    try site.perform(.move(ref(4), to: .last), ModelSite.sue)
    #expect(try site.ids() == s)
    try site.perform(.move(ref(0), to: .after(s[2])), ModelSite.sue)
    try site.perform(.move(ref(4), to: .before(s[1])), ModelSite.sue)
    #expect(try site.ids() == [s[4], s[1], s[2], s[0], s[3]])
    #expect(site.refusal(.move(ref(1), to: .after(s[1])), ModelSite.sue) == .refusal(.badTarget, .waiting))
    let later = try site.store(scheduledIn: 60_000)
    #expect(site.refusal(.move(ref(1), to: .before(later.id)), ModelSite.sue) == .refusal(.badTarget, .waiting))
    // Not into the future that the scheduled one stands in.
    let moved = try site.perform(.move(ref(1), to: .last), ModelSite.sue).service
    #expect(moved.order.ticks == (try site.model.service(s[3], at: site.now)).order.ticks + 4_096)
    _ = try site.claim(try site.model.service(s[3], at: site.now))
    try site.perform(.move(ref(0), to: .after(s[3])), ModelSite.sue)
    #expect(try site.ids() == [s[4], s[2], s[3], s[0], s[1], later.id])
    try site.checkInvariants()
  }

  @Test func aGapThatIsUsedUpIsRenumbered() throws {
    var site = ModelSite()
    let s = try site.store(200).map(\.id)
    var expected = s
    for place in stride(from: 199, to: 20, by: -1) {
      try site.perform(.move(ServiceRef(id: s[place], queue: ModelSite.desk), to: .after(s[3])), ModelSite.sue)
      expected.remove(at: expected.firstIndex(of: s[place]) ?? 0)
      expected.insert(s[place], at: 4)
    }
    #expect(try site.ids() == expected)
    let renumberings = try site.events().filter { if case .renumbered = $0.change { true } else { false } }
    #expect(!renumberings.isEmpty && site.model.outbox(for: .history, after: nil, limit: .max).count == 200 + 179)
    try site.checkInvariants()
  }

  @Test func anotherPriorityShiftsByTheDifference() throws {
    var site = ModelSite()
    let s = try site.store(3)
    let urgent = try #require(Priority(9))
    let after = try site.perform(.reprioritise(s[2].ref, urgent), ModelSite.sue).service
    #expect(after.order.ticks == s[2].order.ticks - 3_000_000 * 4_096 && after.priority == urgent)
    #expect(try site.ids() == [s[2].id, s[0].id, s[1].id])
    #expect(try site.events().last?.change == .updated(after, .reprioritised))
    try site.checkInvariants()
  }
}
