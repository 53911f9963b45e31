import Testing

@testable import ServiceQueue

@Suite struct ModelQueueTests {
  @Test func aScheduledServiceComesInLineWhenItIsDue() throws {
    var site = ModelSite()
    let later = try site.store(scheduledIn: 60_000)
    #expect(later.state == .scheduled && later.order.ticks == (site.now + 60_000) * 4_096)
    #expect(try site.store(scheduledIn: 0).scheduledFor == nil)
    #expect(site.refusal(.claim(later.ref, lease: nil)) == .refusal(.illegalTransition, .scheduled))
    site.now += 59_999
    #expect(try site.model.sweep(later.queue, most: 10, at: site.now) == 0)
    site.now += 1
    #expect(try site.model.sweep(later.queue, most: 10, at: site.now) == 1)
    let due = try site.model.service(later.id, at: site.now)
    #expect(due.state == .waiting && due.scheduledFor == later.scheduledFor)
    #expect(try site.events().last?.change == .updated(due, .due))
    let far = try site.submission(scheduledIn: Submission.mostAhead + 1)
    #expect(site.model.submit([far], at: site.now) == [.refused(.refusal(.invalidArgument))])
    try site.checkInvariants()
  }

  @Test func aTransferIsOneStepInBothQueues() throws {
    var site = ModelSite()
    let service = try site.claim(try site.store(requires: ["towing"]), ModelSite.sue)
    _ = try site.store(ModelSite.road)
    #expect(site.refusal(.transfer(service.ref, to: ModelSite.road, fence: service.fence))?.code == .notOwner)
    #expect(site.refusal(.transfer(service.ref, to: ModelSite.desk, fence: nil), ModelSite.sue)?.code == .badTarget)
    let nowhere = try #require(QueueName("nowhere"))
    #expect(site.refusal(.transfer(service.ref, to: nowhere, fence: nil), ModelSite.sue)?.code == .unknownQueue)
    let answer = try site.perform(.transfer(service.ref, to: ModelSite.road, fence: nil), ModelSite.sue)
    #expect(answer.service.queue == ModelSite.road && answer.service.ticket == 2 && answer.queueVersion == 2)
    #expect(answer.service.state == .waiting && answer.service.fence == nil && answer.service.order == service.order)
    #expect(try site.events().last?.change == .transferred(answer.service))
    #expect(try site.events(ModelSite.road).last?.change == .added(answer.service, from: ModelSite.desk))
    #expect(
      site.model.outbox(for: .history, after: nil, limit: 10).suffix(2).map(\.event.queue) == [
        ModelSite.road, ModelSite.desk,
      ])
    #expect(site.refusal(.transfer(answer.service.ref, to: ModelSite.desk, fence: nil))?.code == .notOwner)
    _ = try site.model.changeMode(QueueModeRequest(ModelSite.desk, .draining, by: ModelSite.sue), at: site.now)
    #expect(
      site.refusal(.transfer(answer.service.ref, to: ModelSite.desk, fence: nil), ModelSite.sue)?.code == .queueDraining
    )
    try site.checkInvariants()
  }

  @Test func aQueueHasAModeAndEachChangeIsAnEvent() throws {
    var site = ModelSite()
    let request = QueueModeRequest(ModelSite.desk, .draining, by: ModelSite.sue)
    #expect(try site.model.changeMode(request, at: site.now).queueVersion == 1)
    #expect(try site.model.changeMode(request, at: site.now).queueVersion == 1)
    #expect(try site.events().map(\.change) == [.mode(.draining)])
    #expect(site.model.outbox(for: .history, after: nil, limit: 10).count == 1)
    #expect(site.model.submit([try site.submission()], at: site.now) == [.refused(.refusal(.queueDraining))])
  }

  @Test func aProducerRemovesItsOwnAlone() throws {
    var site = ModelSite()
    let service = try site.store()
    let other = Principal(id: "p2", name: "other", level: .producer)
    #expect(site.refusal(.remove(service.ref), other) == .refusal(.notOwner, .waiting))
    #expect(try site.perform(.remove(service.ref), ModelSite.portal).service.state == .cancelled)
    #expect(
      try site.perform(.remove(try site.store(scheduledIn: 5_000).ref), ModelSite.sue).service.state == .cancelled)
    try site.checkInvariants()
  }

  @Test func aQueueHasSoManySetsOfSkills() throws {
    var site = ModelSite()
    let first = try site.store(requires: ["s0"])
    for number in 1..<64 { _ = try site.store(requires: ["s\(number)"]) }
    #expect(
      site.model.submit([try site.submission(requires: ["s64"])], at: site.now) == [
        .refused(.refusal(.invalidArgument))
      ])
    let elsewhere = try site.store(ModelSite.road, requires: ["s64"])
    #expect(site.refusal(.transfer(elsewhere.ref, to: ModelSite.desk, fence: nil), ModelSite.sue)?.code == .overloaded)
    try site.perform(.remove(first.ref), ModelSite.sue)
    try site.perform(.transfer(elsewhere.ref, to: ModelSite.desk, fence: nil), ModelSite.sue)
    try site.checkInvariants()
  }

  @Test func oneKeyIsOneCommandForADay() throws {
    var site = ModelSite()
    let services = try site.store(2)
    let claimed = try site.perform(.claim(services[0].ref, lease: nil), key: "k1")
    site.now += 86_399_999
    let again = try site.perform(.claim(services[0].ref, lease: nil), key: "k1")
    #expect(again.isReplay && again.service == claimed.service && again.leaseUntil == claimed.leaseUntil)
    #expect(site.refusal(.claim(services[1].ref, lease: nil), key: "k1")?.code == .idempotencyKeyReused)
    // Another's key is another key.
    _ = try site.perform(.claim(services[1].ref, lease: nil), ModelSite.ben, key: "k1")
    // What was refused stays refused.
    #expect(site.refusal(.claim(services[1].ref, lease: nil), key: "k2") == .refusal(.illegalTransition, .claimed))
    try site.perform(.remove(services[1].ref), ModelSite.sue)
    #expect(site.refusal(.claim(services[1].ref, lease: nil), key: "k2") == .refusal(.illegalTransition, .claimed))
    site.now += 1
    #expect(site.refusal(.claim(services[0].ref, lease: nil), key: "k1") == .refusal(.illegalTransition, .claimed))
  }

  @Test func oneKeyIsOneServiceForADay() throws {
    var site = ModelSite()
    let first = try site.submission(key: "k")
    let same = try site.submission(key: "k")
    let other = try site.submission(key: "k", fingerprint: "g")
    let taken = try site.submission(key: "l", id: first.id)
    let outcomes = site.model.submit([first, same, other, taken], at: site.now)
    #expect(
      outcomes.dropFirst() == [
        .duplicate(first.id), .refused(.refusal(.idempotencyKeyReused)), .refused(.refusal(.invalidArgument)),
      ])
    site.now += 86_400_000
    guard case .stored = site.model.submit([same], at: site.now)[0] else {
      Issue.record("still remembered")
      return
    }
  }

  @Test func theHistoryBringsBackWhatIsLost() throws {
    var site = ModelSite()
    let lost = try site.submission()
    let known = Service(
      id: lost.id, queue: ModelSite.desk, ticket: 40, kind: "passport", priority: .normal,
      order: try #require(OrderKey(9)),
      state: .serving, version: 3, attempts: 1, submitter: "p1", submittedAt: Timestamp(milliseconds: 5),
      assignee: Assignee(id: "u1", name: "anna"), fence: 3, claimedAt: Timestamp(milliseconds: 6))
    guard case .restored(let back) = site.model.restore([known], at: site.now)[0] else {
      Issue.record("not restored")
      return
    }
    #expect(back.state == .waiting && back.version == 4 && back.order == known.order && back.assignee == nil)
    #expect(site.model.restore([known], at: site.now) == [.known])
    #expect(try site.store().ticket == 41)
    var ended = known
    ended.state = .completed
    ended.version = 5
    ended.endedAt = Timestamp(milliseconds: 7)
    guard case .ended(let past) = site.model.restore([ended], at: site.now)[0] else {
      Issue.record("not ended")
      return
    }
    #expect(past.state == .completed && past.version == 6 && past.endedAt == ended.endedAt)
    #expect(site.model.restore([ended, known], at: site.now) == [.known, .known])
    try site.checkInvariants()
  }

  @Test func aQueueThatIsBehindGetsAnotherEpoch() throws {
    var site = ModelSite()
    _ = try site.store()
    let epoch = try site.model.summary(of: ModelSite.desk).epoch
    let next = try #require(Epoch("e2"))
    #expect(try !site.model.assure(ModelSite.desk, seen: 1, in: epoch, newEpoch: next))
    #expect(try !site.model.assure(ModelSite.desk, seen: 9, in: next, newEpoch: next))
    #expect(try site.model.assure(ModelSite.desk, seen: 2, in: epoch, newEpoch: next))
    #expect(
      try site.model.events(of: ModelSite.desk, epoch: epoch, after: 1, limit: 9) == .gone(epoch: next, current: 1))
    #expect(
      try site.model.events(of: ModelSite.desk, epoch: next, after: 1, limit: 9) == .events([], epoch: next, current: 1)
    )
    _ = try site.store()
    #expect(
      try site.model.events(of: ModelSite.desk, epoch: next, after: 0, limit: 9) == .gone(epoch: next, current: 2))
    guard case .events(let events, _, _) = try site.model.events(of: ModelSite.desk, epoch: next, after: 1, limit: 9)
    else {
      Issue.record("gone")
      return
    }
    #expect(events.map(\.version) == [2] && events[0].epoch == next)
  }

  @Test func aListIsPagedAndAPositionCounted() throws {
    var site = ModelSite()
    let services = try site.store(7)
    _ = try site.claim(services[1])
    var seen: [ServiceID] = []
    var cursor: ListCursor?
    repeat {
      let page = try site.model.list(
        ServiceListQuery(queue: ModelSite.desk, states: [.waiting], after: cursor, limit: 2))
      seen += page.services.map(\.id)
      cursor = page.next
    } while cursor != nil
    #expect(seen == services.map(\.id).filter { $0 != services[1].id })
    #expect(try site.model.position(of: services[6].id, at: site.now).ahead == 5)
    #expect(try site.model.position(of: services[1].id, at: site.now).ahead == nil)
    #expect(try site.model.statistics(of: ModelSite.desk, at: site.now + 899_999).activeEmployees == 1)
    #expect(try site.model.statistics(of: ModelSite.desk, at: site.now + 900_000).activeEmployees == 0)
  }
}
