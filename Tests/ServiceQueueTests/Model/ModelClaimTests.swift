import Testing

@testable import ServiceQueue

@Suite struct ModelClaimTests {
  @Test func aServiceIsHandledFromItsClaimToItsEnd() throws {
    var site = ModelSite()
    let service = try site.store()
    let claimed = try site.perform(.claim(service.ref, lease: LeaseDuration(milliseconds: 10_000)))
    #expect(claimed.service.state == .claimed && claimed.service.assignee?.name == "anna")
    #expect(claimed.service.fence == claimed.queueVersion && claimed.service.version == 2)
    #expect(claimed.leaseUntil?.milliseconds == site.now + 10_000)
    site.now += 1_000
    let started = try site.perform(.start(service.ref, fence: claimed.queueVersion, lease: nil))
    #expect(started.service.state == .serving && started.service.startedAt?.milliseconds == site.now)
    site.now += 5_000
    let renewed = try site.perform(.renew(service.ref, fence: claimed.queueVersion, lease: nil))
    #expect(renewed.queueVersion == started.queueVersion && renewed.service == started.service)
    let done = try site.perform(.complete(service.ref, fence: claimed.queueVersion)).service
    #expect(done.state == .completed && done.endedAt?.milliseconds == site.now && done.fence == claimed.queueVersion)
    #expect(try site.model.statistics(of: service.queue, at: site.now).handlingTimes == [6_000])
    #expect(try site.model.service(service.id, at: site.now) == done)
    #expect(site.refusal(.claim(service.ref, lease: nil)) == .refusal(.illegalTransition, .completed))
    try site.checkInvariants()
    site.now += 86_400_000
    #expect(throws: BrokerError.refusal(.notFound)) { try site.model.service(service.id, at: site.now) }
    #expect(site.refusal(.claim(service.ref, lease: nil)) == .refusal(.notFound))
  }

  @Test func onlyTheHolderWithItsFenceActs() throws {
    var site = ModelSite()
    let service = try site.claim(try site.store())
    let fence = try #require(service.fence)
    #expect(site.refusal(.start(service.ref, fence: fence, lease: nil), ModelSite.ben)?.code == .notOwner)
    #expect(site.refusal(.start(service.ref, fence: nil, lease: nil))?.code == .staleFence)
    #expect(site.refusal(.start(service.ref, fence: fence + 1, lease: nil))?.code == .staleFence)
    #expect(site.refusal(.start(service.ref, fence: fence + 1, lease: nil), ModelSite.sue)?.code == .staleFence)
    try site.perform(.start(service.ref, fence: nil, lease: nil), ModelSite.sue)
    // A lease that has ended holds no longer, whether it was swept or not.
    site.now += QueuePolicy.standard.lease.milliseconds
    #expect(site.refusal(.complete(service.ref, fence: fence)) == .refusal(.staleFence, .serving))
    #expect(site.refusal(.complete(service.ref, fence: nil), ModelSite.sue)?.code == .staleFence)
    #expect(try site.model.sweep(service.queue, most: 10, at: site.now) == 1)
    let back = try site.model.service(service.id, at: site.now)
    #expect(back.state == .waiting && back.attempts == 1 && back.order == service.order && back.fence == nil)
    #expect(try site.events().last?.change == .returned(back, .leaseExpired))
    try site.checkInvariants()
  }

  @Test func aSupervisorGivesAServiceToAnother() throws {
    var site = ModelSite()
    let service = try site.store()
    let first = try site.perform(.assign(service.ref, to: ModelSite.anna, fence: nil, lease: nil), ModelSite.sue)
    #expect(first.service.assignee?.name == "anna" && first.service.fence == first.queueVersion)
    #expect(first.leaseUntil?.milliseconds == site.now + QueuePolicy.standard.lease.milliseconds)
    try site.perform(.start(service.ref, fence: first.service.fence, lease: nil))
    // An agent gives nothing away, and nobody gives what one has already.
    let toBen = Command.assign(service.ref, to: ModelSite.ben, fence: nil, lease: nil)
    #expect(site.refusal(toBen) == .refusal(.notOwner, .serving))
    let toAnna = Command.assign(service.ref, to: ModelSite.anna, fence: nil, lease: nil)
    #expect(site.refusal(toAnna, ModelSite.sue) == .refusal(.badTarget, .serving))
    site.now += 1_000
    let second = try site.perform(toBen, ModelSite.sue).service
    #expect(second.assignee?.name == "ben" && second.state == .claimed && second.startedAt == nil)
    #expect(second.attempts == 0 && second.order == service.order && second.claimedAt?.milliseconds == site.now)
    #expect(site.refusal(.complete(service.ref, fence: first.service.fence))?.code == .illegalTransition)
    #expect(site.refusal(.release(service.ref, fence: first.service.fence))?.code == .notOwner)
    #expect(try site.events().last?.change == .claimed(second) && site.events().last?.actor == "sue")
    try site.perform(.hold(second.ref, fence: second.fence, hold: nil), ModelSite.ben)
    // What somebody has may change hands while the queue is paused; what waits stays.
    let waiting = try site.store()
    _ = try site.model.changeMode(QueueModeRequest(service.queue, .paused, by: ModelSite.sue), at: site.now)
    let back = try site.perform(toAnna, ModelSite.sue).service
    #expect(back.heldAt == nil && back.holdUntil == nil && back.state == .claimed)
    #expect(
      site.refusal(.assign(waiting.ref, to: ModelSite.ben, fence: nil, lease: nil), ModelSite.sue)?.code == .queuePaused
    )
    try site.checkInvariants()
  }

  @Test func skillsAndCapacityOfWhomItIsGivenTo() throws {
    var site = ModelSite()
    let hard = try site.store(requires: ["german"])
    let easy = try site.store()
    func assignment(_ service: Service, _ skills: [String], _ capacity: Int?, _ level: AccessLevel = .agent) -> Command
    {
      let employee = Principal(
        id: "u7", name: "eve", level: level, skills: SkillSet(skills, most: 8) ?? .none, capacity: capacity)
      return .assign(service.ref, to: employee, fence: nil, lease: nil)
    }
    #expect(site.refusal(assignment(hard, [], nil), ModelSite.sue) == .refusal(.missingSkill, .waiting))
    try site.perform(assignment(hard, ["german"], 1), ModelSite.sue)
    #expect(site.refusal(assignment(easy, [], 1), ModelSite.sue) == .refusal(.atCapacity, .waiting))
    try site.perform(assignment(easy, [], 2, .supervisor), ModelSite.sue)
    // Taken from one, it no longer counts there.
    try site.perform(.assign(hard.ref, to: ModelSite.sue, fence: nil, lease: nil), ModelSite.sue)
    let third = try site.store()
    try site.perform(assignment(third, [], 2), ModelSite.sue)
    try site.checkInvariants()
  }

  @Test func versionsSkillsModeAndCapacityAreAskedForInThisOrder() throws {
    var site = ModelSite()
    let hard = try site.store(requires: ["german"])
    let old = ServiceRef(id: hard.id, queue: hard.queue, ifVersion: 7)
    _ = try site.model.changeMode(QueueModeRequest(hard.queue, .paused, by: ModelSite.sue), at: site.now)
    #expect(site.refusal(.claim(old, lease: nil), ModelSite.ben) == .refusal(.versionMismatch, .waiting))
    #expect(site.refusal(.claim(hard.ref, lease: nil), ModelSite.ben) == .refusal(.queuePaused, .waiting))
    #expect(site.refusal(.claimNext(hard.queue, lease: nil), ModelSite.ben) == .refusal(.queuePaused))
    _ = try site.model.changeMode(QueueModeRequest(hard.queue, .open, by: ModelSite.sue), at: site.now)
    #expect(site.refusal(.claimNext(hard.queue, lease: nil), ModelSite.ben) == .refusal(.queueEmpty))
    let easy = try site.store(3)
    _ = try site.claim(easy[0], ModelSite.ben)
    let second = try site.perform(.claimNext(hard.queue, lease: nil), ModelSite.ben).service
    #expect(second.id == easy[1].id)
    #expect(site.refusal(.claim(hard.ref, lease: nil), ModelSite.ben) == .refusal(.missingSkill, .waiting))
    #expect(site.refusal(.claim(easy[2].ref, lease: nil), ModelSite.ben) == .refusal(.atCapacity, .waiting))
    #expect(site.refusal(.claimNext(hard.queue, lease: nil), ModelSite.ben) == .refusal(.atCapacity))
    // On hold it does not count, and comes back only where there is room.
    try site.perform(.hold(second.ref, fence: second.fence, hold: nil), ModelSite.ben)
    _ = try site.claim(easy[2], ModelSite.ben)
    #expect(
      site.refusal(.resume(second.ref, fence: second.fence, lease: nil), ModelSite.ben)
        == .refusal(.atCapacity, .onHold))
    try site.perform(.resume(second.ref, fence: nil, lease: nil), ModelSite.sue)
    #expect(site.model.loads == ["u2": 3])
    _ = try site.claim(hard, ModelSite.sue)
    try site.checkInvariants()
  }

  @Test func aHoldEndsByHandOrByItself() throws {
    var site = ModelSite()
    let service = try site.claim(try site.store())
    let held = try site.perform(.hold(service.ref, fence: service.fence, hold: HoldDuration(milliseconds: 60_000)))
    #expect(held.leaseUntil == nil && held.service.holdUntil?.milliseconds == site.now + 60_000)
    let resumed = try site.perform(.resume(service.ref, fence: service.fence, lease: nil)).service
    #expect(resumed.state == .claimed && resumed.heldAt != nil && resumed.holdUntil == nil)
    try site.perform(.start(service.ref, fence: service.fence, lease: nil))
    try site.perform(.hold(service.ref, fence: service.fence, hold: nil))
    #expect(try site.perform(.resume(service.ref, fence: service.fence, lease: nil)).service.state == .serving)
    // What was on hold is no measure for handling.
    try site.perform(.noShow(service.ref, fence: service.fence))
    #expect(try site.model.statistics(of: service.queue, at: site.now).handlingTimes.isEmpty)
    let other = try site.claim(try site.store())
    try site.perform(.hold(other.ref, fence: other.fence, hold: HoldDuration(milliseconds: 60_000)))
    site.now += 60_000
    #expect(try site.model.sweep(other.queue, most: 10, at: site.now) == 1)
    #expect(
      try site.events().last.map { if case .returned(_, .holdExpired) = $0.change { true } else { false } } == true)
    try site.checkInvariants()
  }

  @Test func whatComesBackTooOftenIsDead() throws {
    let policy = try #require(QueuePolicy(mostAttempts: 2))
    var site = ModelSite(policy: policy)
    var service = try site.claim(try site.store())
    #expect(try site.perform(.release(service.ref, fence: service.fence)).service.state == .waiting)
    service = try site.claim(service)
    let dead = try site.perform(.release(service.ref, fence: service.fence)).service
    #expect(dead.state == .dead && dead.attempts == 2 && dead.assignee != nil && dead.endedAt != nil)
    #expect(try site.events().last?.change == .dead(dead, .released))
    try site.checkInvariants()
  }

  @Test func aNoShowComesBackForAWhile() throws {
    var site = ModelSite()
    let services = try site.store(2)
    for service in services {
      try site.perform(.noShow(service.ref, fence: try site.claim(service).fence))
    }
    site.now += QueuePolicy.standard.reinstateWithin
    let back = try site.perform(.reinstate(services[0].ref)).service
    #expect(back.state == .waiting && back.order == services[0].order && back.version == 4 && back.endedAt == nil)
    #expect(site.refusal(.reinstate(services[0].ref)) == .refusal(.illegalTransition, .waiting))
    site.now += 1
    #expect(site.refusal(.reinstate(services[1].ref)) == .refusal(.reinstateExpired, .noShow))
    try site.checkInvariants()
  }
}
