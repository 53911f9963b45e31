import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct SnapshotAssemblyTests {
  private let queue = QueueName("a")!
  private let epoch = Epoch("e")!

  private func service(_ number: Int, order: Int64, version: UInt64 = 1, _ state: ServiceState = .waiting) -> Service {
    Service(
      id: ServiceID("01890a5d-ac96-774b-bcce-\(String(100_000_000_000 + number))")!, queue: queue, ticket: 1,
      kind: "x", priority: .normal, order: OrderKey(order)!, state: state, version: version, attempts: 0,
      submitter: "s", submittedAt: Timestamp(milliseconds: 0))
  }

  private func summary(_ version: QueueVersion, epoch: Epoch? = nil) -> QueueSummary {
    QueueSummary(
      queue: queue, version: version, epoch: epoch ?? self.epoch, digest: QueueDigest(), mode: .open,
      counts: StateCounts())
  }

  private func part(
    _ version: QueueVersion, _ services: [Service], isLast: Bool = false, isPageFull: Bool = false, epoch: Epoch? = nil
  ) -> ListPart {
    ListPart(
      summary: summary(version, epoch: epoch), services: services.map { .init(service: $0, bytes: 100) },
      next: isLast ? nil : services.last.map { ListCursor(order: $0.order, id: $0.id) }, isPageFull: isPageFull)
  }

  private func events(
    _ current: QueueVersion, _ first: QueueVersion, _ changes: [QueueEvent.Change], isGone: Bool = false
  ) -> EventPart {
    let events = changes.enumerated().map { offset, change in
      QueueEvent(
        queue: queue, epoch: epoch, version: first + UInt64(offset), digest: QueueDigest(),
        at: Timestamp(milliseconds: 0), actor: "x", change: change)
    }
    return EventPart(summary: summary(current), isGone: isGone, events: events.map { .init(event: $0, bytes: 100) })
  }

  private func reads(_ action: SnapshotAssembly.Action) -> Bool {
    if case .read = action { true } else { false }
  }

  @Test func oneReadIsEnoughWhereItHoldsAll() {
    var assembly = SnapshotAssembly(limit: 2)
    let all = [service(1, order: 1), service(2, order: 2)]
    let snapshot = QueueSnapshot(summary: summary(7), services: all)
    #expect(assembly.take(part(7, all, isPageFull: true)) == .finished(snapshot))
    var whole = SnapshotAssembly(limit: 10)
    #expect(whole.take(part(7, all, isLast: true)) == .finished(snapshot))
  }

  @Test func allOfItIsOfTheLastVersion() {
    var assembly = SnapshotAssembly(limit: 10)
    let s = (0...5).map { service($0, order: Int64($0) * 10) }
    let next = assembly.take(part(7, [s[1], s[2]]))
    #expect(next == .read(after: ListCursor(order: s[2].order, id: s[2].id), room: room(8, of: [100, 100])))
    // The second read saw that 4 was claimed, but not what came later.
    let claimed = service(4, order: 40, version: 2, .claimed)
    _ = assembly.take(part(8, [s[3], claimed], isLast: true))
    let moved = service(1, order: 45, version: 2)
    var elsewhere = service(2, order: 20, version: 2)
    elsewhere.queue = QueueName("b")!
    #expect(assembly.take(events(12, 8, [.claimed(claimed), .moved(moved)])) == .readEvents(epoch: epoch, after: 9))
    let last = events(
      12, 10,
      [.added(s[0], from: nil), .completed(service(3, order: 30, version: 2, .completed)), .transferred(elsewhere)])
    #expect(assembly.take(last) == .finished(QueueSnapshot(summary: summary(12), services: [s[0], claimed, moved])))
  }

  @Test func whatIsBehindTheLastPlaceIsLeftOut() {
    var assembly = SnapshotAssembly(limit: 3)
    let s = (0...9).map { service($0, order: Int64($0) * 10) }
    _ = assembly.take(part(7, [s[1], s[2]]))
    #expect(assembly.take(part(8, [s[3]], isPageFull: true)) == .readEvents(epoch: epoch, after: 7))
    // One that was read goes behind the last place, so another is read.
    let action = assembly.take(events(8, 8, [.moved(service(1, order: 99, version: 2))]))
    #expect(action == .read(after: ListCursor(order: s[3].order, id: s[3].id), room: room(1, of: [100, 100])))
    #expect(
      assembly.take(part(8, [s[4]], isPageFull: true))
        == .finished(QueueSnapshot(summary: summary(8), services: [s[2], s[3], s[4]])))
  }

  @Test func aRenumberingThatBringsInWhatWasNotReadBeginsAnew() {
    let s = (0...9).map { service($0, order: Int64($0) * 10) }
    var assembly = SnapshotAssembly(limit: 2)
    _ = assembly.take(part(7, [s[1]]))
    _ = assembly.take(part(8, [s[2]], isPageFull: true))
    let stray = QueueEvent.Change.renumbered([
      .init(id: s[1].id, order: OrderKey(1)!), .init(id: s[2].id, order: OrderKey(2)!),
      .init(id: s[3].id, order: OrderKey(3)!),
    ])
    #expect(assembly.take(events(8, 8, [stray])) == .beginAnew)
    // Those behind the last place do not matter.
    var other = SnapshotAssembly(limit: 2)
    _ = other.take(part(7, [s[1]]))
    _ = other.take(part(8, [s[2]], isPageFull: true))
    let behind = QueueEvent.Change.renumbered([
      .init(id: s[1].id, order: OrderKey(11)!), .init(id: s[3].id, order: OrderKey(35)!),
    ])
    var first = s[1]
    first.order = OrderKey(11)!
    #expect(
      other.take(events(8, 8, [behind])) == .finished(QueueSnapshot(summary: summary(8), services: [first, s[2]])))
  }

  @Test func whatDoesNotFitTogetherBeginsAnew() {
    let s = (0...9).map { service($0, order: Int64($0) * 10) }
    func begun() -> SnapshotAssembly {
      var assembly = SnapshotAssembly(limit: 9)
      _ = assembly.take(part(7, [s[1]]))
      return assembly
    }
    var assembly = begun()
    #expect(assembly.take(part(7, [s[2]], isLast: true, epoch: Epoch("f"))) == .beginAnew)
    assembly = begun()
    #expect(assembly.take(part(6, [s[2]], isLast: true)) == .beginAnew)
    assembly = begun()
    _ = assembly.take(part(9, [s[2]], isLast: true))
    #expect(assembly.take(events(9, 9, [.moved(s[2])])) == .beginAnew)
    assembly = begun()
    _ = assembly.take(part(9, [s[2]], isLast: true))
    #expect(assembly.take(events(9, 8, [], isGone: true)) == .beginAnew)
    var endless = SnapshotAssembly(limit: 100)
    var action = endless.take(part(1, [s[0]]))
    var steps = 1
    while reads(action) {
      action = endless.take(part(1, [s[0]]))
      steps += 1
    }
    #expect(action == .beginAnew && steps == SnapshotAssembly.mostSteps + 1)
  }

  @Test func itIsNoLongerThanAPage() {
    let s = (0...9).map { service($0, order: Int64($0) * 10) }
    var assembly = SnapshotAssembly(limit: 9, mostBytes: 350)
    _ = assembly.take(part(7, [s[1], s[2]]))
    _ = assembly.take(part(8, [s[3]], isPageFull: true))
    let action = assembly.take(events(8, 8, [.added(s[0], from: nil)]))
    #expect(action == .finished(QueueSnapshot(summary: summary(8), services: [s[0], s[1], s[2]])))
  }

  private func room(_ entries: Int, of sizes: [Int]) -> PageRoom {
    var room = PageRoom(limit: entries + sizes.count)
    room.take(sizes.map { ListPart.Item(service: service(0, order: 0), bytes: $0) })
    return room
  }
}
