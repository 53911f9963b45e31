import Foundation
import Testing

@testable import ServiceQueue

@Suite struct ViewTests {
  private func object(_ writer: JSONWriter) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(writer.bytes)) as? [String: Any])
  }

  @Test func strangeTextIsEscaped() throws {
    var json = JSONWriter()
    let text = "q\" b\\ n\n t\t c\u{1} \u{1F600} \u{7f}"
    json.object {
      $0.key("a")
      $0.string(text)
      $0.key(dynamic: text)
      $0.array {
        $0.null()
        $0.bool(true)
        $0.number(-5)
        $0.object { _ in }
      }
    }
    let read = try object(json)
    #expect(read["a"] as? String == text)
    #expect((read[text] as? [Any])?.count == 4)
  }

  @Test func aBoardSeesNothingPersonal() throws {
    var service = try sampleService(1, state: .claimed)
    service.assignee = Assignee(id: "7", name: "ann")
    service.fence = 12
    let personal = PersonalData(customer: Array(#"{"name":"Nina"}"#.utf8), details: Array(#"{"plate":"X"}"#.utf8))
    let event = QueueEvent(
      queue: service.queue, epoch: try #require(Epoch("e1")), version: 12, digest: QueueDigest(of: [service]),
      at: service.submittedAt, actor: "ann", change: .claimed(service))

    var board = JSONWriter()
    board.event(event, as: .board, personal: personal)
    let text = String(decoding: board.bytes, as: UTF8.self)
    for secret in ["Nina", "ann", "plate", "amqp", "fence"] { #expect(!text.contains(secret), "\(secret)") }

    var staff = JSONWriter()
    staff.event(event, as: .staff, personal: personal)
    let read = try object(staff)
    #expect(read["type"] as? String == "service.claimed")
    #expect(read["version"] as? Int == 12)
    let view = try #require(read["service"] as? [String: Any])
    #expect((view["customer"] as? [String: String])?["name"] == "Nina")
    #expect((view["claimed_by"] as? [String: String]) == ["id": "7", "name": "ann"])
    #expect(view["fence"] as? Int == 12)
  }

  @Test func aReturnTellsWhyAndARenumberingTheNewPlaces() throws {
    let service = try sampleService(1)
    func event(_ change: QueueEvent.Change) throws -> [String: Any] {
      var json = JSONWriter()
      json.event(
        QueueEvent(
          queue: service.queue, epoch: try #require(Epoch("e1")), version: 3, digest: QueueDigest(),
          at: service.submittedAt, actor: "system", change: change), as: .staff, personal: nil)
      return try object(json)
    }
    for reason in QueueEvent.ReturnReason.allCases {
      #expect(try event(.returned(service, reason))["reason"] as? String == reason.rawValue)
      #expect(try event(.dead(service, reason))["reason"] as? String == reason.rawValue)
    }
    #expect(try event(.updated(service, .due))["reason"] as? String == "due")
    let paused = try event(.mode(.paused))
    #expect(paused["type"] as? String == "queue.paused" && paused["mode"] as? String == "paused")
    #expect(paused["service"] == nil)
    let renumbered = try event(.renumbered([.init(id: service.id, order: try #require(OrderKey(5)))]))
    #expect((renumbered["services"] as? [[String: Any]])?.first?["order"] as? Int == 5)
  }

  @Test func aTransferTellsBothQueuesWhereTheServiceIs() throws {
    var service = try sampleService(1)
    let source = service.queue
    service.queue = try #require(QueueName("roadside"))
    func event(_ change: QueueEvent.Change, in queue: QueueName) throws -> [String: Any] {
      var json = JSONWriter()
      json.event(
        QueueEvent(
          queue: queue, epoch: try #require(Epoch("e1")), version: 3, digest: QueueDigest(), at: service.submittedAt,
          actor: "sue", change: change), as: .board, personal: nil)
      return try object(json)
    }
    let left = try event(.transferred(service), in: source)
    #expect(left["type"] as? String == "service.transferred" && left["queue"] as? String == source.rawValue)
    #expect((left["service"] as? [String: Any])?["queue"] as? String == "roadside")
    let came = try event(.added(service, from: source), in: service.queue)
    #expect(came["type"] as? String == "service.added" && came["from"] as? String == source.rawValue)
    #expect(try event(.added(service, from: nil), in: service.queue)["from"] == nil)
  }

  @Test func whatIsScheduledRequiredAndHeldIsShown() throws {
    var service = try sampleService(1, state: .onHold)
    service.scheduledFor = Timestamp(milliseconds: 1_732_467_900_000)
    service.requires = try #require(SkillSet(["towing", "german"], most: 8))
    service.heldAt = Timestamp(milliseconds: 1_732_467_901_000)
    service.holdUntil = Timestamp(milliseconds: 1_732_467_902_000)
    var json = JSONWriter()
    json.service(service, as: .staff, personal: nil)
    let staff = try object(json)
    #expect(staff["state"] as? String == "on_hold" && staff["requires"] as? [String] == ["german", "towing"])
    #expect(staff["held_at"] as? String == "2024-11-24T17:05:01.000Z")
    #expect(staff["hold_until"] as? String == "2024-11-24T17:05:02.000Z")
    var other = JSONWriter()
    other.service(service, as: .board, personal: nil)
    let board = try object(other)
    #expect(board["scheduled_for"] as? String == "2024-11-24T17:05:00.000Z")
    #expect(board["requires"] == nil && board["held_at"] == nil)
  }

  @Test func aSnapshotHasAllOfTheContract() throws {
    let service = try sampleService(1)
    var counts = StateCounts()
    counts.waiting = 9
    let summary = QueueSummary(
      queue: service.queue, version: 4, epoch: try #require(Epoch("e1")), digest: QueueDigest(of: [service]),
      mode: .paused, counts: counts)
    var json = JSONWriter()
    json.snapshot(QueueSnapshot(summary: summary, services: [service]), as: .board) { _ in nil }
    let read = try object(json)
    #expect(Set(read.keys) == ["queue", "version", "epoch", "digest", "paused", "mode", "total", "services"])
    #expect(read["total"] as? Int == 9 && read["paused"] as? Bool == true && read["mode"] as? String == "paused")
  }
}
