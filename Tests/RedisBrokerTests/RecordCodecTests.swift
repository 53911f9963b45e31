import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct RecordCodecTests {
  private func read(_ line: String) -> QueueEvent? {
    Array(line.utf8).withUnsafeBytes { EventCodec.event(from: $0) }
  }

  private let id = ServiceID("01890a5d-ac96-774b-bcce-b302099a8057")!
  private let queue = QueueName("front-desk")!

  private func line(_ head: String, kind: String = "towing", personal: SealedPersonalData? = nil) -> [UInt8] {
    Array(head.utf8) + RecordCodec.rest(kind: kind, personal: personal)
  }

  private static let waiting = "2\t8\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\t"

  @Test func aWaitingService() throws {
    let record = line("2\t7354544376778752\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t12\t1795543060737\tamqp\t")
    let service = try #require(RecordCodec.service(id, in: queue, from: record[...]))
    #expect(
      service
        == Service(
          id: id, queue: queue, ticket: 12, kind: "towing", priority: Priority(6)!,
          order: OrderKey(7_354_544_376_778_752)!, state: .waiting, version: 1, attempts: 0, submitter: "amqp",
          submittedAt: Timestamp(milliseconds: 1_795_543_060_737)))
    #expect(RecordCodec.record(service) == record)
  }

  @Test func aServiceWithEverything() throws {
    // Tabs and line ends among the sealed bytes are bytes like others.
    let sealed = SealedPersonalData(wrappedKey: Array(0...9), ciphertext: (0...255).reversed())
    let record = line("2\t0\tno_show\t9\t3\t7\tu1\tJosé M.\t5\t6\t7\t70\t8\t4\t0\ta,b-c\t1\t4\tp 1\t", personal: sealed)
    let ended = Array("front-desk\t".utf8) + record
    let (service, whole) = try #require(RecordCodec.ended(id, from: ended))
    #expect(service.state == .noShow && service.fence == 7 && service.attempts == 3 && service.priority.level == 0)
    #expect(service.assignee == Assignee(id: "u1", name: "José M."))
    #expect(service.claimedAt?.milliseconds == 5 && service.startedAt?.milliseconds == 6)
    #expect(service.heldAt?.milliseconds == 7 && service.holdUntil?.milliseconds == 70)
    #expect(service.scheduledFor?.milliseconds == 4 && service.requires.words == ["a", "b-c"])
    #expect(service.endedAt?.milliseconds == 8 && service.personal == sealed)
    #expect(Array(whole) == record && RecordCodec.record(service) == record)
    let head = Array(record.prefix(record.count - RecordCodec.rest(kind: "towing", personal: sealed).count - 1))
    #expect(RecordCodec.record(head: head, restOf: whole) == record)
    // What a later version adds is not looked at.
    #expect(RecordCodec.service(id, in: queue, from: (record + Array("\tmore".utf8))[...]) == service)
  }

  @Test(arguments: [
    "", "2", "1\t1\twaiting\t1\t0\t\t\t\t\t\t\t1\t1\ts\tk\t4\t\t",
    "2\t-1\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t0\t0\t",
    "2\t1\tlost\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t0\t0\t",
    "2\t1\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t10\t\t1\t1\ts\tk\t0\t0\t",
    "2\t1\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\tb,a\t1\t1\ts\tk\t0\t0\t",
    "2\t1\twaiting\t1\t0\tx\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t0\t0\t",
    "2\t1\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t0",
    "2\t1\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t2\t3\tabcd",
    "2\t9007199254740992\twaiting\t1\t0\t\t\t\t\t\t\t\t\t\t6\t\t1\t1\ts\tk\t0\t0\t",
  ])
  func whatIsNoRecord(text: String) {
    #expect(RecordCodec.service(id, in: queue, from: Array(text.utf8)[...]) == nil)
  }

  @Test func anEventOfEachType() throws {
    let record = String(decoding: line(Self.waiting), as: UTF8.self)
    for (word, type) in [
      ("added", "service.added"), ("added:roadside", "service.added"), ("due", "service.updated"),
      ("reprioritised", "service.updated"), ("repaired", "service.updated"), ("moved", "service.moved"),
      ("claimed", "service.claimed"), ("started", "service.started"), ("held", "service.held"),
      ("resumed", "service.resumed"), ("returned:released", "service.returned"),
      ("returned:lease_expired", "service.returned"), ("returned:hold_expired", "service.returned"),
      ("returned:reinstated", "service.returned"), ("transferred:roadside", "service.transferred"),
      ("completed", "service.completed"), ("no_show", "service.no_show"), ("removed", "service.removed"),
      ("dead:lease_expired", "service.dead"),
    ] {
      let text = "2\tfront-desk\tabc\t5\t281474976710655\t99\tanna\t\(word)\t\(id)\t\(record)"
      let event = try #require(read(text))
      #expect(event.change.type == type && event.version == 5 && event.actor == "anna" && event.queue == queue)
      #expect(event.digest.description == "ffffffffffff" && event.change.service?.id == id)
    }
    for mode in QueueMode.allCases {
      let text = "2\tfront-desk\tabc\t5\t0\t99\tsue\tmode:\(mode.rawValue)\t\t"
      #expect(read(text)?.change == .mode(mode))
    }
    let text = "2\tfront-desk\tabc\t5\t0\t99\tsue\trenumbered\t\t\(id):17,\(id):25"
    let event = try #require(read(text))
    #expect(
      event.change
        == .renumbered([.init(id: id, order: OrderKey(17)!), .init(id: id, order: OrderKey(25)!)]))
    for word in ["vanished", "returned", "returned:lost", "dead", "transferred", "mode:odd", "added:No"] {
      let text = "2\tfront-desk\tabc\t5\t0\t99\tsue\t\(word)\t\(id)\t\(record)"
      #expect(read(text) == nil)
    }
    #expect(read("") == nil)
  }
}
