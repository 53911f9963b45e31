import ServiceQueue
import Testing

@testable import Gateway

/// What a session does about channels besides their events: questions, who may ask them, who comes and goes.
@Suite struct ChannelSessionTests {
  private static let queue = QueueName("q")!
  private static let epoch = Epoch("e")!
  private static let channel = "queue:q"

  private func connected(_ level: AccessLevel, queues: Set<QueueName>? = nil) -> CentrifugeSession {
    var session = CentrifugeSession(clientID: "c", version: "v")
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    let principal = Principal(id: "u", name: "n", level: level, queues: queues)
    _ = session.tokenVerified(
      1, .success(AccessToken(principal: principal, issuedAt: 0, expiresAt: 600)), now: 0)
    return session
  }

  private func subscribe(_ id: UInt32, joinLeave: Bool) -> ClientCommand {
    var request = SubscribeRequest(channel: Self.channel)
    request.joinLeave = joinLeave
    return ClientCommand(id: id, body: .subscribe(request))
  }

  private func live(_ level: AccessLevel, joinLeave: Bool) throws -> CentrifugeSession {
    var session = connected(level)
    guard case .load(let load) = session.received(subscribe(2, joinLeave: joinLeave))[1] else { throw Unexpected() }
    #expect(!session.wantsPresence(of: Self.queue), "not before it is live")
    _ = session.loaded(load, .success(snapshot))
    return session
  }

  private var snapshot: LoadedChannel {
    LoadedChannel(epoch: Self.epoch, version: 1, content: .snapshot(Array("{}".utf8)), wasRecovering: false)
  }

  private func run(_ version: QueueVersion) -> EventRun {
    EventRun(queue: Self.queue, epoch: Self.epoch, first: version, format: .json, pushes: [Array("{}".utf8)])
  }

  private static let questions: [ClientCommand.Body] = [
    .presence(channel: channel), .presenceStats(channel: channel), .history(HistoryRequest(channel: channel)),
  ]

  @Test(arguments: [
    (AccessLevel.admin, [true, true, true]), (.supervisor, [true, true, true]), (.agent, [true, true, true]),
    (.viewer, [false, true, true]), (.producer, [false, false, false]),
  ]) func whoMayAsk(_ level: AccessLevel, _ allowed: [Bool]) {
    for (body, isAllowed) in zip(Self.questions, allowed) {
      var session = connected(level)
      let actions = session.received(ClientCommand(id: 7, body: body))
      if isAllowed {
        guard case .ask(7, let question) = actions.first else { return #expect(Bool(false), "\(body)") }
        #expect(question.queue == Self.queue)
        #expect(question.view == (level == .viewer ? .board : .staff))
        #expect(session.inFlight == 1)
      } else {
        #expect(actions.names == [#"{"id":7,"error":{"code":103,"message":"permission denied"}}"#])
      }
    }
  }

  @Test(arguments: questions) func aboutWhat(_ body: ClientCommand.Body) {
    var elsewhere = connected(.agent, queues: [QueueName("other")!])
    #expect(elsewhere.received(ClientCommand(id: 7, body: body)).names.first?.contains("103") == true)
    var session = connected(.agent)
    let unknown: ClientCommand.Body =
      switch body {
      case .presence: .presence(channel: "chat")
      case .presenceStats: .presenceStats(channel: "queue:")
      default: .history(HistoryRequest(channel: "chat"))
      }
    #expect(session.received(ClientCommand(id: 7, body: unknown)).names.first?.contains("102") == true)
    #expect(session.inFlight == 0)
  }

  @Test func answers() {
    var session = connected(.agent)
    _ = session.received(ClientCommand(id: 7, body: .presenceStats(channel: Self.channel)))
    let answer = session.answered(7, .success(.presenceStats(7, connections: 2, users: 1)))
    #expect(answer.names == [#"{"id":7,"presence_stats":{"num_clients":2,"num_users":1}}"#])
    #expect(session.inFlight == 0)
    _ = session.received(ClientCommand(id: 8, body: .history(HistoryRequest(channel: Self.channel))))
    let refusal = session.answered(8, .failure(.unrecoverablePosition))
    #expect(refusal.names == [#"{"id":8,"error":{"code":112,"message":"unrecoverable position"}}"#])
    #expect(session.inFlight == 0)
  }

  @Test func whoIsToldOfComingAndGoing() throws {
    #expect(try live(.agent, joinLeave: true).wantsPresence(of: Self.queue))
    #expect(try !live(.agent, joinLeave: false).wantsPresence(of: Self.queue))
    #expect(try !live(.viewer, joinLeave: true).wantsPresence(of: Self.queue), "a board is not, and not refused")
    #expect(try !live(.agent, joinLeave: true).wantsPresence(of: QueueName("other")!))
  }

  @Test func everyEndOfASubscriptionIsTold() throws {
    var left = try live(.agent, joinLeave: true)
    let unsubscribe = ClientCommand(id: 3, body: .unsubscribe(channel: Self.channel))
    #expect(left.received(unsubscribe).names == ["leave q", "left q", #"{"id":3,"unsubscribe":{}}"#])
    #expect(!left.wantsPresence(of: Self.queue))
    #expect(left.received(unsubscribe).names == [#"{"id":3,"unsubscribe":{}}"#], "once")
    var broken = try live(.agent, joinLeave: true)
    #expect(broken.resync(Self.queue).names.prefix(2) == ["leave q", "left q"])
    #expect(broken.closed().names.filter { $0.hasPrefix("le") }.isEmpty)
    var cut = try live(.agent, joinLeave: true)
    #expect(cut.disconnect(.slow).names.suffix(3) == ["leave q", "left q", "disconnect 3008"])
    var ended = try live(.agent, joinLeave: true)
    #expect(ended.closed().names.suffix(2) == ["leave q", "left q"])
  }

  @Test func whatNeverWasLiveDoesNotLeave() throws {
    var session = connected(.agent)
    _ = session.received(subscribe(2, joinLeave: true))
    #expect(session.closed().names.last == "leave q")
    var refused = connected(.agent)
    guard case .load(let load) = refused.received(subscribe(2, joinLeave: true))[1] else { throw Unexpected() }
    #expect(refused.loaded(load, .failure(.unknownChannel)).names.filter { $0.hasPrefix("left") }.isEmpty)
  }

  @Test func itIsThereBeforeItsFirstEvent() throws {
    var session = connected(.agent)
    guard case .load(let load) = session.received(subscribe(2, joinLeave: true))[1] else { throw Unexpected() }
    _ = session.delivered(run(2))
    #expect(Array(session.loaded(load, .success(snapshot)).names.dropFirst()) == ["joined q", "push 2...2 from 0"])
  }
}
