import ServiceQueue
import Testing

@testable import Gateway

/// The protocol's history and recovery, from a queue of 25 events of which the stream holds the last 15.
@Suite struct ChannelHistoryTests {
  private static let queue = QueueName("q")!

  /// A desk with the queue, each service with so many bytes of a customer's name.
  private func desk(nameBytes: Int = 3) async throws -> CommandDesk {
    let broker = MemoryBroker(queues: ["q", "new"], eventHistory: 10)
    let ids = ServiceIDs(clock: .system)
    let desk = CommandDesk(broker: broker, vault: MemoryVault(), ids: ids)
    let name = "Ada" + String(repeating: "a", count: nameBytes - 3)
    for _ in 0..<25 {
      let id = ids.next()
      let personal = try MemoryVault().seal(PersonalData(customer: Array(#"{"name":"\#(name)"}"#.utf8)), for: id)
      _ = try await broker.submit([
        Submission(
          id: id, queue: Self.queue, kind: "k", priority: .normal, personal: personal, submitter: "u",
          submitterName: "u", idempotencyKey: id.rawValue, fingerprint: "")
      ])
    }
    return desk
  }

  private func ask(
    _ desk: CommandDesk, limit: Int, since: UInt64? = nil, epoch: String = "e1", reverse: Bool = false,
    queue: QueueName = queue, view: ViewLevel = .staff
  ) async throws -> ChannelPage {
    let request = HistoryRequest(
      channel: "queue:q", limit: limit, since: since.map { .init(offset: $0, epoch: epoch) }, reverse: reverse)
    let question = ChannelQuestion(queue: queue, view: view, kind: .history(request))
    let reply = try await desk.answer(question, as: 7).get()
    guard case .history(7, let page) = reply else { throw Unexpected() }
    return page
  }

  private func offsets(_ page: ChannelPage) -> [QueueVersion] {
    #expect(page.version == 25 && page.epoch.rawValue == "e1")
    return page.publications.map(\.offset)
  }

  @Test func aPageOfIt() async throws {
    let desk = try await desk()
    #expect(try await offsets(ask(desk, limit: 0)) == [], "the position alone")
    #expect(try await offsets(ask(desk, limit: 0, since: 25)) == [])
    #expect(try await offsets(ask(desk, limit: 3, since: 20)) == [21, 22, 23])
    #expect(try await offsets(ask(desk, limit: 100, since: 22)) == [23, 24, 25])
    #expect(try await offsets(ask(desk, limit: -1, since: 22, epoch: "")) == [23, 24, 25], "whichever epoch")
    #expect(try await offsets(ask(desk, limit: 5, since: 25)) == [])
    #expect(try await offsets(ask(desk, limit: 3)) == [11, 12, 13], "from the oldest that there is")
    #expect(try await offsets(ask(desk, limit: 10_000)) == Array(11...25))
    #expect(try await offsets(ask(desk, limit: 10, since: 10)).first == 11)
  }

  @Test func goingBack() async throws {
    let desk = try await desk()
    #expect(try await offsets(ask(desk, limit: 3, reverse: true)) == [25, 24, 23])
    #expect(try await offsets(ask(desk, limit: 3, since: 23, reverse: true)) == [22, 21, 20])
    #expect(try await offsets(ask(desk, limit: -1, reverse: true)) == Array((11...25).reversed()))
    #expect(try await offsets(ask(desk, limit: 10, since: 14, reverse: true)) == [13, 12, 11])
    #expect(try await offsets(ask(desk, limit: 10, since: 11, reverse: true)) == [], "nothing older is left")
    #expect(try await offsets(ask(desk, limit: 10, since: 2, reverse: true)) == [])
    #expect(try await offsets(ask(desk, limit: 10, since: 1, reverse: true)) == [])
    await #expect(throws: ReplyError.badRequest) { try await ask(desk, limit: 1, since: 0, reverse: true) }
  }

  @Test func whatIsNotThere() async throws {
    let desk = try await desk()
    let unrecoverable = ReplyError.unrecoverablePosition
    for limit in [0, 5] {
      for reverse in [false, true] {
        await #expect(throws: unrecoverable) { try await ask(desk, limit: limit, since: 26, reverse: reverse) }
        await #expect(throws: unrecoverable) {
          try await ask(desk, limit: limit, since: 20, epoch: "e2", reverse: reverse)
        }
      }
    }
    await #expect(throws: unrecoverable) { try await ask(desk, limit: 5, since: 9) }
    await #expect(throws: ReplyError.unknownChannel) { try await ask(desk, limit: 5, queue: QueueName("none")!) }
    let new = try await ask(desk, limit: 5, queue: QueueName("new")!)
    #expect(new.version == 0 && new.publications.isEmpty)
    #expect(try await ask(desk, limit: 5, reverse: true, queue: QueueName("new")!).publications.isEmpty)
  }

  /// Who missed too many bytes gets the snapshot, which is bounded too.
  @Test(arguments: [(1_000, true), (100_000, true), (400_000, false)])
  func howMuchIsRecovered(_ nameBytes: Int, _ isRecovered: Bool) async throws {
    let desk = try await desk(nameBytes: nameBytes)
    func load(refusing: Bool) async -> Result<LoadedChannel, ReplyError> {
      await desk.load(
        ChannelLoad(
          command: 1, queue: Self.queue, view: .staff, limit: 1, position: ("e1", 11), refusesUnrecovered: refusing))
    }
    let loaded = try await load(refusing: false).get()
    #expect(loaded.version == 25 && loaded.wasRecovering)
    switch loaded.content {
    case .recovered(let publications): #expect(isRecovered && publications.map(\.offset) == Array(12...25))
    case .snapshot: #expect(!isRecovered)
    }
    if !isRecovered {
      await #expect(throws: ReplyError.unrecoverablePosition) { try await load(refusing: true).get() }
      #expect(try await offsets(ask(desk, limit: -1, reverse: true)) == [25, 24, 23, 22, 21], "a page is bounded too")
    }
  }

  @Test func eachViewSeesItsOwn() async throws {
    let desk = try await desk()
    func text(_ view: ViewLevel) async throws -> String {
      String(decoding: try await ask(desk, limit: 1, view: view).publications[0].data, as: UTF8.self)
    }
    #expect(try await text(.staff).contains("Ada"))
    #expect(try await !text(.board).contains("Ada"))
  }

  @Test func whoIsThere() async throws {
    let desk = try await desk()
    func entry(_ connection: String, _ user: String) -> PresenceEntry {
      PresenceEntry(connection: connection, user: user, name: "n\(user)", level: .agent)
    }
    let entries = [entry("c1", "a"), entry("c2", "a"), entry("c3", "b")]
    let changes = entries.map { PresenceChange(queue: Self.queue, kind: .joined, entry: $0) }
    #expect(try await desk.broker.announce(PresenceAnnouncement(node: "node", number: 1, changes: changes)))
    func answer(_ kind: ChannelQuestion.Kind, _ queue: QueueName = Self.queue) async throws -> ServerReply {
      try await desk.answer(ChannelQuestion(queue: queue, view: .staff, kind: kind), as: 3).get()
    }
    #expect(try await answer(.presence) == .presence(3, entries))
    #expect(try await answer(.presenceStats) == .presenceStats(3, connections: 3, users: 2))
    for kind in [ChannelQuestion.Kind.presence, .presenceStats] {
      await #expect(throws: ReplyError.unknownChannel) { try await answer(kind, QueueName("none")!) }
    }
  }
}
