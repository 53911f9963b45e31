import FieldEncryption
import Foundation
import RedisBroker
import ServiceQueue
import Testing

@testable import UserStore
@testable import usher

@Suite("Erasing customers, against real servers", .serialized)
struct EraserTests {
  static let desk = QueueName("front-desk")!
  static let road = QueueName("roadside")!
  static let anna = Principal(id: "u1", name: "anna", level: .supervisor)

  /// A site with its history, and what erases there. Nothing runs by itself but the Broker.
  struct Site: Sendable {
    let servers: Servers
    let broker: BrokerActor
    let vault: FieldVault
    let reader: SubjectReader

    var history: UserStoreActor { servers.history }

    /// Another node's; each runs once.
    func eraser() throws -> Eraser {
      let pace = Eraser.Pace(
        looks: .milliseconds(100), patience: .seconds(5), pause: .milliseconds(20), rewrites: .milliseconds(1))
      return try Eraser(broker: broker, store: history, reader: reader, logger: Servers.logger, pace: pace)
    }

    func submit(_ customer: String, to queue: QueueName = desk) async throws -> Service {
      let digits = String(UInt64.random(in: 0..<1 << 47), radix: 16)
      let id = ServiceID("01920000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
      let personal = try vault.seal(PersonalData(customer: Array(customer.utf8)), for: id)
      let submission = Submission(
        id: id, queue: queue, kind: "passport", priority: .normal, personal: personal, submitter: "amqp",
        submitterName: "amqp", idempotencyKey: id.rawValue, fingerprint: "f")
      guard case .stored(let service, _)? = try await broker.submit([submission]).first else {
        throw BrokerError(.internal, "not stored")
      }
      return service
    }

    func request(_ name: String, as meaning: SubjectMeaning? = nil) async throws -> Erasure {
      let audit = AuditEntry(action: "subject.erase", actor: .init(id: "u8", name: "ada"))
      return try await eraser().requestErasure(of: name, as: meaning, audit: audit)
    }

    /// Runs the eraser, and a relay if there is to be one, until `condition` holds.
    func running(relays: Bool = true, until condition: @Sendable () async throws -> Bool) async throws {
      let eraser = try eraser()
      let relay = HistoryRelay(broker: broker, store: history, reader: reader, logger: Servers.logger)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await eraser.run() }
        if relays { group.addTask { try await relay.run() } }
        let end = ContinuousClock.now + .seconds(20)
        while try await !condition() {
          try #require(ContinuousClock.now < end, "it takes too long")
          try await Task.sleep(for: .milliseconds(20))
        }
        group.cancelAll()
        try await group.waitForAll()
      }
    }

    func done(_ erasure: Erasure) async throws -> Erasure {
      try await running { try await history.erasure(id: erasure.id).doneAt != nil }
      return try await history.erasure(id: erasure.id)
    }

    /// All that PostgreSQL holds in the tables that matter, as text.
    func tables() async throws -> String {
      var text = ""
      for table in ["service_history", "service_events", "erasures", "audit"] {
        let rows = try await history.read(SQLStatement(nil, "SELECT t::text FROM \(table) t")())[0].rows
        text += try rows.map { try $0.text(0) }.joined(separator: "\n")
      }
      return text
    }
  }

  func withSite(_ body: @Sendable (Site) async throws -> Void) async throws {
    try await withServers { servers in
      try await servers.withSite([Self.desk, Self.road]) { broker in
        let keyset = try Keyset.generate()
        let vault = try FieldVault(keyset: keyset)
        let reader = try SubjectReader(try AEAD(keyset), vault: vault)
        try await body(Site(servers: servers, broker: broker, vault: vault, reader: reader))
      }
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("ann-1", SubjectMeaning.id), ("ANN@example.org", .email), ("0049 170/123-45", .phone), ("ANN@example.org", nil),
  ])
  func everythingOfOneCustomer(_ name: String, _ meaning: SubjectMeaning?) async throws {
    try await withSite { site in
      let ann = #"{"id":"ann-1","name":"Ann","email":"Ann@Example.org","phone":"+49 170 12345"}"#
      let first = try await site.submit(ann)
      let second = try await site.submit(ann)
      let bob = try await site.submit(#"{"id":"bob-1","email":"bob@example.org"}"#)
      _ = try await site.broker.perform(
        CommandRequest(.transfer(ServiceRef(id: first.id), to: Self.road, fence: nil), by: Self.anna))
      _ = try await site.broker.perform(CommandRequest(.remove(ServiceRef(id: second.id)), by: Self.anna))

      let erasure = try await site.request(name, as: meaning)
      #expect(erasure.doneAt == nil && erasure.services == 0)
      let done = try await site.done(erasure)
      #expect(done.services == 2)

      for service in [first, second] {
        #expect(try await site.broker.service(service.id).personal == nil)
        #expect(try await site.history.historyEntry(service.id).service.personal == nil)
      }
      #expect(try await site.broker.service(bob.id) == bob)
      #expect(try await site.history.historyEntry(bob.id).service.personal == bob.personal)
      #expect(try await site.broker.outbox(for: .history, after: nil, limit: 500, wait: .zero).isEmpty)
      let tables = try await site.tables()
      for service in [first, second] {
        let key = try #require(service.personal).wrappedKey
        #expect(!tables.contains(Self.hex(key)))
      }
      #expect(tables.contains(Self.hex(try #require(bob.personal).wrappedKey)))
      // Nobody is named, not by an index either.
      let index = try #require(try site.reader.index.value(of: .email("ann@example.org")))
      #expect(!tables.contains(Self.hex(index)) && tables.contains("subject.erase") && tables.contains(done.id))

      // Who comes back is not forgotten.
      let later = try await site.submit(ann)
      try await site.running { try await site.broker.outbox(for: .history, after: nil, limit: 1, wait: .zero).isEmpty }
      #expect(try await site.history.historyEntry(later.id).service.personal == later.personal)
      #expect(try await site.history.erasure(id: erasure.id) == done)
    }
  }

  @Test func oneServiceByItsID() async throws {
    try await withSite { site in
      let ann = #"{"id":"ann-1"}"#
      let (first, second) = (try await site.submit(ann), try await site.submit(ann))
      let done = try await site.done(try await site.request(first.id.rawValue.uppercased()))
      #expect(done.services == 1)
      #expect(try await site.broker.service(first.id).personal == nil)
      #expect(try await site.broker.service(second.id) == second)
      // As a customer's id it means nobody.
      #expect(try await site.done(try await site.request(second.id.rawValue, as: .id)).services == 0)
    }
  }

  /// Those that an older server has recorded, which could not be found, and more than one batch of them.
  @Test func servicesThatWereNotFindableBefore() async throws {
    try await withSite { site in
      var services: [Service] = []
      for _ in 0..<70 { services.append(try await site.submit(#"{"email":"ann@example.org"}"#)) }
      try await site.servers.relay(site.broker)
      #expect(try await site.history.unreadServices(after: nil, limit: 500).count == 70)
      // One does not open, and does not keep the others.
      let spoil = SQLStatement(nil, "UPDATE service_history SET personal = $1 WHERE id = $2")
      _ = try await site.history.write([spoil(.bytes([1]), .text(services[3].id.rawValue))])
      let done = try await site.done(try await site.request("ann@example.org"))
      #expect(done.services == 69)
      #expect(try await site.history.unreadServices(after: nil, limit: 500).map(\.id) == [services[3].id])
    }
  }

  /// What was erased comes back by no way: a late entry of the outbox, a repair, a Redis restored from an older copy.
  @Test func nothingBringsItBack() async throws {
    try await withSite { site in
      let service = try await site.submit(#"{"email":"ann@example.org"}"#)
      let entries = try await site.broker.outbox(for: .history, after: nil, limit: 10, wait: .zero)
      _ = try await site.done(try await site.request("ann@example.org"))
      try await site.history.record(entries, reader: site.reader)
      var newer = service
      newer.version = 9
      let restored = try await site.broker.restore([newer])
      #expect(restored.count == 1)
      #expect(try await site.broker.service(service.id).personal == service.personal)
      // A new one looks at its start.
      try await site.running { try await site.broker.service(service.id).personal == nil }
      try await site.running { try await site.broker.outbox(for: .history, after: nil, limit: 1, wait: .zero).isEmpty }
      let entry = try await site.history.historyEntry(service.id)
      #expect(entry.service.personal == nil && entry.service.version > 9)
      #expect(try await !site.tables().contains(Self.hex(try #require(service.personal).wrappedKey)))
    }
  }

  /// A change that the history has not got yet keeps an erasure pending, and a node that dies leaves it to another.
  @Test func pendingUntilTheHistoryHasAll() async throws {
    try await withSite { site in
      let service = try await site.submit(#"{"email":"ann@example.org"}"#)
      let erasure = try await site.request("ann@example.org")
      let claimed = try await site.history.claimErasures(worker: "dead", limit: 10)
      #expect(claimed.map(\.id) == [erasure.id])
      #expect(try await site.history.claimErasures(worker: "other", limit: 10).isEmpty)
      let expire = SQLStatement(nil, "UPDATE erasures SET worker_until = now() - interval '1 second'")
      _ = try await site.history.write([expire()])
      let until = ContinuousClock.now + .milliseconds(500)
      try await site.running(relays: false) { ContinuousClock.now > until }
      #expect(try await site.history.erasure(id: erasure.id).doneAt == nil)
      #expect(try await site.broker.service(service.id).personal != nil)
      _ = try await site.history.write([expire()])
      #expect(try await site.done(erasure).services == 1)
    }
  }

  @Test func pagesOfErasures() async throws {
    try await withSite { site in
      var made: [String] = []
      for number in 0..<5 {
        made.append(try await site.request("nobody-\(number)").id)
        // Those of one millisecond are in the order of their ids.
        try await Task.sleep(for: .milliseconds(2))
      }
      var seen: [String] = []
      var cursor: ErasureCursor?
      repeat {
        let page = try await site.history.erasures(after: cursor, limit: 2)
        seen += page.erasures.map(\.id)
        cursor = page.next
      } while cursor != nil
      #expect(seen == made.reversed())
      await #expect { try await site.history.erasure(id: UUID().uuidString) } throws: {
        ($0 as? UserStoreError)?.code == .notFound
      }
    }
  }
}
