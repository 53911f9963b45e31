import ServiceQueue
import Testing

/// The checker finds each thing that must not be, in histories made by hand.
@Suite struct HistoryCheckerTests {
  private func kinds(_ history: History) -> Set<Anomaly.Kind> {
    Set(HistoryChecker.anomalies(of: history).map(\.kind))
  }

  /// Three services: one handled to its end, one claimed, one waiting.
  private func clean() -> (Fabricator, services: [Service]) {
    var made = Fabricator()
    let services = (1...3).map { made.store($0) }
    let claimed = made.claimed(services[0], by: Fabricator.anna)
    made.perform(
      .claimNext(services[0].queue, lease: nil), .claimed(claimed), by: Fabricator.anna, leaseUntil: 1_000_000)
    let serving = made.changed(claimed, to: .serving)
    made.perform(.start(claimed.ref, fence: claimed.fence, lease: nil), .started(serving), by: Fabricator.anna)
    let completed = made.changed(serving, to: .completed)
    made.perform(.complete(serving.ref, fence: serving.fence), .completed(completed), by: Fabricator.anna)
    let second = made.claim(services[1], by: Fabricator.ben)
    return (made, [completed, second, services[2]])
  }

  @Test func aCleanHistoryIsClean() {
    var (made, services) = clean()
    // Of unknown outcome: one that happened and one that did not.
    let submissions = [4, 5].map { Fabricator.submission($0) }
    made.emit(.added(Fabricator.service(submissions[0], 4), from: nil), by: "portal")
    for item in submissions { made.note(.submit(item), .unknown(BrokerError(.outcomeUnknown, ""))) }
    // Refused, and so it was; told that it was there already, and so it is.
    made.note(
      .perform(made.request(.complete(services[2].ref, fence: 1), Fabricator.anna)),
      .refused(BrokerError(.illegalTransition, "", state: .waiting)))
    made.note(.submit(Fabricator.submission(1)), .duplicate(services[0].id))
    made.emit(.mode(.paused), by: "sue")
    let sue = Principal(id: "u9", name: "sue", level: .supervisor)
    made.note(
      .changeMode(QueueModeRequest(Fabricator.queues[0], .paused, by: sue)),
      .changed(QueueModeAnswer(queue: Fabricator.queues[0], mode: .paused, queueVersion: 9, isReplay: false)))
    let whole = made.finished()
    #expect(HistoryChecker.anomalies(of: whole) == [])
    // One observer was sent back to a snapshot.
    var reset = whole
    reset.observers[1].items = [.event(whole.final.streams[Fabricator.queues[0]]![0]), .reset(nil)]
    reset.observers[1].items += whole.final.queues.map { .snapshot($0) }
    #expect(HistoryChecker.anomalies(of: reset) == [])
  }

  @Test func aClaimThatASupervisorGivesToAnother() {
    let sue = Principal(id: "u9", name: "sue", level: .supervisor)
    func history(by actor: Principal, _ command: (Service) -> Command) -> History {
      var (made, services) = clean()
      let taken = made.claimed(services[1], by: Fabricator.anna)
      made.perform(command(services[1]), .claimed(taken), by: actor, leaseUntil: 1_000_000)
      return made.finished()
    }
    func given(_ service: Service) -> Command {
      .assign(service.ref, to: Fabricator.anna, fence: service.fence, lease: nil)
    }
    #expect(HistoryChecker.anomalies(of: history(by: sue, given)) == [])
    #expect(kinds(history(by: Fabricator.anna, given)).contains(.doublyClaimed))
    #expect(kinds(history(by: sue) { .claim($0.ref, lease: nil) }).contains(.doublyClaimed))
    #expect(
      kinds(history(by: sue) { .assign($0.ref, to: Fabricator.anna, fence: 1, lease: nil) }) == [.staleFenceAccepted])
  }

  @Test func whatWasAcknowledgedAndIsNowhereIsLost() {
    var history = clean().0.finished()
    history.final.ended = []
    #expect(kinds(history) == [.lost])
    history = clean().0.finished()
    history.final.queues[0] = QueueSnapshot(
      summary: history.final.queues[0].summary, services: Array(history.final.queues[0].services.dropLast()))
    #expect(kinds(history).contains(.lost))
  }

  @Test func aChangeThatIsNotInTheOutboxIsLost() {
    var history = clean().0.finished()
    history.final.outbox.remove(at: 3)
    #expect(kinds(history).contains(.lost))
  }

  @Test func aChangeThatIsInTheOutboxTwice() throws {
    var history = clean().0.finished()
    let again = history.final.outbox[5].event
    history.final.outbox.append(OutboxEntry(id: try #require(OutboxID("99-0")), event: again))
    #expect(kinds(history) == [.duplicated])
  }

  @Test func oneKeyMadeTwoServices() {
    var (made, _) = clean()
    let first = Fabricator.submission(4, key: "same")
    let second = Fabricator.submission(5, key: "same")
    made.emit(.added(Fabricator.service(first, 4), from: nil), by: "portal")
    made.note(.submit(first), .unknown(BrokerError(.outcomeUnknown, "")))
    let service = Fabricator.service(second, 5)
    let version = made.emit(.added(service, from: nil), by: "portal")
    made.note(.submit(second), .stored(service, queueVersion: version))
    #expect(kinds(made.finished()).contains(.duplicated))
  }

  @Test func aServiceIsThereTwice() {
    let (made, services) = clean()
    var history = made.finished()
    history.final.ended.append(services[2])
    #expect(kinds(history) == [.duplicated])
  }

  @Test func aCommandHappenedTwiceUnderOneKey() {
    var (made, services) = clean()
    let moved = made.changed(services[2], to: .waiting)
    made.perform(.move(services[2].ref, to: .first), .moved(moved), by: Fabricator.anna, key: "k")
    made.emit(.moved(made.changed(moved, to: .waiting)), by: "anna")
    #expect(kinds(made.finished()) == [.duplicated])
  }

  @Test func twoClaimsAtOneTime() {
    var (made, services) = clean()
    _ = made.claim(services[1], by: Fabricator.anna)
    #expect(kinds(made.finished()) == [.doublyClaimed])
  }

  @Test func twoEmployeesCompletedIt() {
    var (made, services) = clean()
    let second = made.changed(services[0], to: .completed)
    made.perform(.complete(services[0].ref, fence: services[0].fence), .completed(second), by: Fabricator.ben)
    #expect(kinds(made.finished()).contains(.doublyClaimed))
  }

  @Test func anOldFenceWasTaken() {
    var (made, services) = clean()
    let serving = made.changed(services[1], to: .serving)
    made.perform(.start(services[1].ref, fence: 2, lease: nil), .started(serving), by: Fabricator.ben)
    #expect(kinds(made.finished()) == [.staleFenceAccepted])
  }

  @Test func aForeignClaimWasActedOn() {
    var (made, services) = clean()
    let serving = made.changed(services[1], to: .serving)
    made.perform(.start(services[1].ref, fence: services[1].fence, lease: nil), .started(serving), by: Fabricator.anna)
    #expect(kinds(made.finished()) == [.staleFenceAccepted])
  }

  @Test func aLeaseThatHadEndedWasActedOn() {
    var (made, services) = clean()
    let claimed = made.claim(services[2], by: Fabricator.anna, leaseUntil: 8_500)
    made.perform(
      .start(claimed.ref, fence: claimed.fence, lease: nil), .started(made.changed(claimed, to: .serving)),
      by: Fabricator.anna)
    #expect(kinds(made.finished()) == [.staleFenceAccepted])
  }

  @Test func anOldFenceWasRenewed() {
    var (made, services) = clean()
    made.note(
      .perform(made.request(.renew(services[1].ref, fence: 1, lease: nil), Fabricator.ben)),
      .done(CommandAnswer(service: services[1], queueVersion: 7, leaseUntil: nil, isReplay: false)))
    #expect(kinds(made.finished()) == [.staleFenceAccepted])
  }

  @Test func anObserverMissedAVersion() {
    var history = clean().0.finished()
    history.observers[0].items.remove(at: 4)
    #expect(kinds(history) == [.versionGap, .copyDiffers])
    history = clean().0.finished()
    history.observers[0].items.removeLast()
    #expect(kinds(history) == [.versionGap])
  }

  @Test func anObserverSawAVersionTwice() {
    var history = clean().0.finished()
    history.observers[0].items.insert(history.observers[0].items[4], at: 5)
    #expect(kinds(history) == [.versionRepeated])
  }

  @Test func theEpochChangedWithoutAReset() throws {
    var history = clean().0.finished()
    let event = QueueEvent(
      queue: Fabricator.queues[1], epoch: try #require(Epoch("e2")), version: 1, digest: QueueDigest(),
      at: Timestamp(milliseconds: 0), actor: "system", change: .mode(.open))
    let old = QueueEvent(
      queue: event.queue, epoch: Fabricator.epoch, version: 1, digest: QueueDigest(),
      at: event.at, actor: "system", change: .mode(.open))
    history.observers[0].items += [.event(old), .event(event)]
    #expect(kinds(history).contains(.versionGap))
  }

  @Test func aDigestIsNotThatOfTheCopy() {
    let made = clean().0
    var history = made.finished()
    guard case .event(let event) = history.observers[0].items[5] else { return }
    let wrong = QueueEvent(
      queue: event.queue, epoch: event.epoch, version: event.version, digest: QueueDigest(value: 7), at: event.at,
      actor: event.actor, change: event.change)
    history.observers[0].items[5] = .event(wrong)
    #expect(kinds(history).isSuperset(of: [.copyDiffers, .observersDiffer]))
  }

  @Test func twoObserversSawDifferentEvents() {
    let (made, _) = clean()
    var history = made.finished()
    guard case .event(let event) = history.observers[1].items[5] else { return }
    history.observers[1].items[5] = .event(
      QueueEvent(
        queue: event.queue, epoch: event.epoch, version: event.version, digest: event.digest, at: event.at,
        actor: "another", change: event.change))
    #expect(kinds(history) == [.observersDiffer])
  }

  @Test func aRefusedCommandHappened() {
    var (made, services) = clean()
    made.note(
      .perform(made.request(.claim(services[2].ref, lease: nil), Fabricator.anna)),
      .refused(BrokerError(.unavailable, "")))
    made.emit(.claimed(made.claimed(services[2], by: Fabricator.anna)), by: "anna")
    #expect(kinds(made.finished()) == [.refusedYetHappened])
  }

  @Test func aRefusalIsKeptUnderItsKey() {
    var (made, services) = clean()
    let request = made.request(.claim(services[2].ref, lease: nil), Fabricator.anna, "k")
    made.note(.perform(request), .unknown(BrokerError(.outcomeUnknown, "")))
    made.note(.perform(request), .refused(BrokerError(.queuePaused, "", state: .waiting)))
    made.emit(.claimed(made.claimed(services[2], by: Fabricator.anna)), by: "anna")
    #expect(kinds(made.finished()) == [.refusedYetHappened])
  }

  @Test func anEventThatNobodyAskedFor() {
    var (made, services) = clean()
    made.emit(.moved(made.changed(services[2], to: .waiting)), by: "anna")
    #expect(kinds(made.finished()) == [.refusedYetHappened])
  }

  @Test func anAnswerThatNoEventExplains() {
    var (made, services) = clean()
    let after = made.claimed(services[2], by: Fabricator.anna)
    made.note(
      .perform(made.request(.claim(services[2].ref, lease: nil), Fabricator.anna)),
      .done(CommandAnswer(service: after, queueVersion: 8, leaseUntil: nil, isReplay: false)))
    #expect(kinds(made.finished()) == [.answerUnexplained])
  }

  @Test func oneChangeWasToldToTwoCalls() {
    var (made, services) = clean()
    let claimed = made.claim(services[2], by: Fabricator.anna)
    made.note(
      .perform(made.request(.claim(services[2].ref, lease: nil), Fabricator.anna)),
      .done(CommandAnswer(service: claimed, queueVersion: 8, leaseUntil: nil, isReplay: false)))
    #expect(kinds(made.finished()) == [.answerUnexplained])
  }

  @Test func moreThanTheCapacity() {
    var (made, services) = clean()
    made.history.capacity = 1
    #expect(kinds(made.finished()) == [])
    _ = made.claim(services[2], by: Fabricator.ben)
    #expect(kinds(made.finished()) == [.capacityExceeded])
  }

  @Test func claimNextGaveAnother() {
    var made = Fabricator()
    let services = (1...2).map { made.store($0) }
    let claimed = made.claimed(services[1], by: Fabricator.anna)
    made.perform(.claimNext(claimed.queue, lease: nil), .claimed(claimed), by: Fabricator.anna, leaseUntil: 1_000_000)
    #expect(kinds(made.finished()) == [.notTheFirst])
  }

  @Test func claimNextPassesOverWhatNeedsMoreSkills() throws {
    var made = Fabricator()
    _ = made.store(1, requires: try #require(SkillSet(["german"], most: 8)))
    let claimed = made.claimed(made.store(2), by: Fabricator.anna)
    made.perform(.claimNext(claimed.queue, lease: nil), .claimed(claimed), by: Fabricator.anna, leaseUntil: 1_000_000)
    #expect(kinds(made.finished()) == [])
  }

  @Test func aClaimWithoutTheSkillOrFromAPausedQueue() throws {
    var made = Fabricator()
    _ = made.claim(made.store(1, requires: try #require(SkillSet(["german"], most: 8))), by: Fabricator.anna)
    #expect(kinds(made.finished()) == [.claimForbidden])
    var paused = Fabricator()
    let service = paused.store(1)
    paused.note(
      .changeMode(QueueModeRequest(service.queue, .paused, by: Fabricator.ben)),
      .unknown(BrokerError(.outcomeUnknown, "")))
    paused.emit(.mode(.paused), by: "ben")
    _ = paused.claim(service, by: Fabricator.anna)
    #expect(kinds(paused.finished()) == [.claimForbidden])
  }
}
