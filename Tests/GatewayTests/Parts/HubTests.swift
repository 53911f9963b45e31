import NIOPosix
import ServiceQueue
import Testing

@testable import Gateway

@Suite struct HubTests {
  private func event(_ queue: String, _ version: QueueVersion, _ epoch: String = "e") -> QueueEvent {
    QueueEvent(
      queue: QueueName(queue)!, epoch: Epoch(epoch)!, version: version, digest: QueueDigest(),
      at: Timestamp(milliseconds: 0), actor: "x", change: .renumbered([]))
  }

  @Test func batchesAreCutIntoRuns() {
    let events = [
      event("a", 1), event("b", 7), event("a", 2), event("b", 8), event("a", 4), event("b", 9, "f"), event("a", 5),
    ]
    let runs = QueueHub.runs(of: events).map { run in "\(run[0].queue)\(run[0].epoch)\(run.map(\.version))" }
    #expect(runs == ["ae[1, 2]", "be[7, 8]", "ae[4, 5]", "bf[9]"])
    #expect(QueueHub.runs(of: []).isEmpty)
    let long = QueueHub.runs(of: (1...600).map { event("a", QueueVersion($0)) })
    #expect(long.map(\.count) == [256, 256, 88])
  }

  @Test func onlyWantedAudiences() {
    let interest = HubInterest()
    let queue = QueueName("a")!
    let (board, staff) = (Audience(view: .board, format: .json), Audience(view: .staff, format: .json))
    #expect(interest.audiences(of: queue).isEmpty)
    interest.add(queue, staff)
    interest.add(queue, staff)
    interest.add(queue, board)
    #expect(Set(interest.audiences(of: queue)) == [board, staff])
    interest.remove(queue, board)
    interest.remove(queue, staff)
    #expect(interest.audiences(of: queue) == [staff])
    interest.remove(queue, staff)
    #expect(interest.audiences(of: queue).isEmpty)
  }

  @Test func aViewsBytes() throws {
    let desk = CommandDesk(
      broker: MemoryBroker(queues: []), vault: MemoryVault(), ids: ServiceIDs(clock: .system))
    let id = ServiceID("018f0000-0000-7000-8000-000000000001")!
    let service = Service(
      id: id, queue: QueueName("a")!, ticket: 1, kind: "k", priority: .normal, order: OrderKey(9)!, state: .claimed,
      version: 2, attempts: 0, submitter: "p", submittedAt: Timestamp(milliseconds: 0),
      assignee: Assignee(id: "u", name: "ann"), fence: 2,
      personal: try MemoryVault().seal(PersonalData(customer: Array(#"{"name":"Ada"}"#.utf8)), for: id))
    let event = QueueEvent(
      queue: service.queue, epoch: Epoch("e")!, version: 2, digest: QueueDigest(), at: Timestamp(milliseconds: 0),
      actor: "ann", change: .claimed(service))
    let board = String(decoding: desk.json(event, as: .board), as: UTF8.self)
    #expect(!board.contains("Ada") && !board.contains("ann"))
    let staff = try JSONScanner.parse(desk.json(event, as: .staff))
    #expect(staff[path: ["service", "customer", "name"]]?.string == "Ada")
    #expect(staff[path: ["service", "claimed_by", "name"]]?.string == "ann")
    var moved = service
    moved.id = ServiceID("018f0000-0000-7000-8000-000000000002")!
    let sealedForAnother = try JSONScanner.parse(desk.json(moved, for: Principal(id: "u", name: "u", level: .agent)))
    #expect(sealedForAnother["customer"] == nil, "what does not open is left out")
  }
}
