import Testing

@testable import ServiceQueue

@Suite struct ModelErasureTests {
  private let personal = SealedPersonalData(wrappedKey: [1], ciphertext: [2])

  private func store(in site: inout ModelSite) throws -> Service {
    let bare = try site.submission()
    let item = Submission(
      id: bare.id, queue: bare.queue, kind: bare.kind, priority: bare.priority, personal: personal,
      submitter: bare.submitter, submitterName: bare.submitterName, idempotencyKey: bare.idempotencyKey,
      fingerprint: bare.fingerprint)
    guard case .stored(let service, _) = site.model.submit([item], at: site.now)[0] else {
      throw BrokerError(.internal, "not stored")
    }
    return service
  }

  @Test func aLiveServiceTellsSoAndAnEndedOneDoesNot() throws {
    var site = ModelSite()
    let (live, past) = (try site.claim(try store(in: &site)), try store(in: &site))
    let cancelled = try site.perform(.remove(past.ref), ModelSite.sue, key: "k").service
    let others = try store(in: &site)
    let ids = [live.id, cancelled.id]
    #expect(site.model.erase(ids, seenIn: [], at: site.now) == Set(ids))

    var expected = live
    expected.personal = nil
    expected.version += 1
    #expect(try site.model.service(live.id, at: site.now) == expected)
    let ended = try site.model.service(cancelled.id, at: site.now)
    #expect(ended.personal == nil && ended.version == cancelled.version + 1 && ended.state == .cancelled)
    #expect(site.model.outbox(for: .history, after: nil, limit: 99).last?.event.change == .updated(expected, .erased))
    #expect(try site.perform(.remove(past.ref), ModelSite.sue, key: "k").service.personal == nil)
    #expect(try site.model.service(others.id, at: site.now) == others)

    let summary = try site.model.summary(of: live.queue)
    #expect(summary.digest == QueueDigest(of: [expected, others]))
    // Events up to the last with personal data of theirs are gone; that of the others stays.
    let events = try site.model.events(of: live.queue, epoch: nil, after: 4, limit: 99)
    guard case .events(let left, _, _) = events else {
      Issue.record("gone")
      return
    }
    #expect(left.map(\.change) == [.added(others, from: nil), .updated(expected, .erased)])
    #expect(
      try site.model.events(of: live.queue, epoch: nil, after: 3, limit: 99)
        == .gone(epoch: summary.epoch, current: summary.version))
    // A day after its end it is forgotten, no later than without.
    #expect(site.model.erase(ids, seenIn: [live.queue], at: site.now).isEmpty)
    #expect(try site.model.summary(of: live.queue) == summary)
    site.now += 86_400_000
    #expect(throws: BrokerError.self) { try site.model.service(cancelled.id, at: site.now) }
  }
}
