import ServiceQueue
import Testing

@testable import Gateway

/// The protocol's state machine: every command in every state, timers, channels. No I/O, no clock.
@Suite struct SessionTests {
  private static let agent = Principal(id: "a", name: "agent", level: .agent)
  /// In milliseconds.
  private static let now: Int64 = 1_000_000
  private static let queue = QueueName("q")!
  private static let epoch = Epoch("e")!

  private func token(_ principal: Principal = agent, ttl: Int64 = 600) -> AccessToken {
    AccessToken(principal: principal, issuedAt: Self.now / 1_000, expiresAt: Self.now / 1_000 + ttl)
  }

  private func connected(_ principal: Principal = agent, _ change: (inout CentrifugeSession.Limits) -> Void = { _ in })
    -> CentrifugeSession
  {
    var limits = CentrifugeSession.Limits()
    change(&limits)
    var session = CentrifugeSession(clientID: "c", version: "v", limits: limits)
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    _ = session.tokenVerified(1, .success(token(principal)), now: Self.now)
    return session
  }

  private func run(_ first: QueueVersion, _ count: Int, epoch: Epoch = SessionTests.epoch) -> EventRun {
    EventRun(
      queue: Self.queue, epoch: epoch, first: first, format: .json,
      pushes: (0..<count).map { Array("{\"v\":\(Int(first) + $0)}".utf8) })
  }

  private func live(at version: QueueVersion) -> CentrifugeSession {
    var session = connected()
    let actions = session.received(subscribe(2))
    if case .load(let load) = actions[1] { _ = session.loaded(load, .success(snapshot(at: version))) }
    return session
  }

  private func subscribe(_ id: UInt32) -> ClientCommand {
    ClientCommand(id: id, body: .subscribe(SubscribeRequest(channel: "queue:q")))
  }

  private func snapshot(at version: QueueVersion) -> LoadedChannel {
    LoadedChannel(epoch: Self.epoch, version: version, content: .snapshot(Array("{}".utf8)), wasRecovering: false)
  }

  static let commands: [ClientCommand.Body] = [
    .pong, .connect(token: "t"), .refresh(token: "t"), .subscribe(SubscribeRequest(channel: "queue:q")),
    .unsubscribe(channel: "queue:q"), .presence(channel: "queue:q"), .presenceStats(channel: "queue:q"),
    .history(HistoryRequest(channel: "queue:q")), .rpc(method: "queue.list", data: nil), .ping, .send,
    .unsupported("publish"),
  ]

  @Test(arguments: commands) func inAFreshSession(_ body: ClientCommand.Body) {
    var session = CentrifugeSession(clientID: "c", version: "v")
    #expect(session.opened().names == ["schedule connect"])
    let actions = session.received(ClientCommand(id: 1, body: body)).names
    if case .connect = body {
      #expect(actions == ["verify 1"])
      #expect(session.phase == .authenticating(1))
    } else {
      #expect(actions.last == "disconnect 3501")
      #expect(session.phase == .closed)
    }
  }

  @Test(arguments: commands) func whileTheTokenIsVerified(_ body: ClientCommand.Body) {
    var session = CentrifugeSession(clientID: "c", version: "v")
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    let actions = session.received(ClientCommand(id: 2, body: body)).names
    if case .connect = body {
      #expect(actions.last == "disconnect 3501")
      #expect(session.tokenVerified(1, .success(token()), now: Self.now).isEmpty, "it came too late")
    } else {
      #expect(actions.isEmpty, "it waits")
      var patient = CentrifugeSession(clientID: "c", version: "v")
      _ = patient.received(ClientCommand(id: 1, body: .connect(token: "t")))
      let connected = patient.tokenVerified(1, .success(token()), now: Self.now).names
      let later = patient.received(ClientCommand(id: 2, body: body)).names
      #expect(session.tokenVerified(1, .success(token()), now: Self.now).names == connected + later)
    }
  }

  @Test func whatWaitsForTheTokenIsBoundedAndGoesWithAFailure() {
    var session = CentrifugeSession(clientID: "c", version: "v")
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    for id in 0..<UInt32(CommandDecoder.maximumCommands) {
      #expect(session.received(ClientCommand(id: 2 + id, body: .ping)).isEmpty)
    }
    #expect(session.received(ClientCommand(id: 1_000, body: .ping)).names.last == "disconnect 3501")

    var refused = CentrifugeSession(clientID: "c", version: "v")
    _ = refused.received(ClientCommand(id: 1, body: .connect(token: "t")))
    _ = refused.received(ClientCommand(id: 2, body: .ping))
    #expect(refused.tokenVerified(1, .failure(.expired), now: Self.now).count == 1)
  }

  @Test(arguments: commands) func afterAConnectThatFailed(_ body: ClientCommand.Body) {
    var session = CentrifugeSession(clientID: "c", version: "v")
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    let refused = session.tokenVerified(1, .failure(.expired), now: Self.now)
    #expect(refused.names == [#"{"id":1,"error":{"code":109,"message":"token expired"}}"#])
    #expect(session.phase == .unusable)
    #expect(session.received(ClientCommand(id: 2, body: body)).names.last == "disconnect 3501")
  }

  @Test(arguments: commands) func whenConnected(_ body: ClientCommand.Body) {
    var session = connected()
    let actions = session.received(ClientCommand(id: 7, body: body)).names
    switch body {
    case .pong, .connect: #expect(actions.last == "disconnect 3501")
    case .send: #expect(actions.isEmpty)
    case .refresh: #expect(actions == ["verify 7"])
    case .subscribe: #expect(actions == ["join q", "load q"])
    case .unsubscribe: #expect(actions == [#"{"id":7,"unsubscribe":{}}"#])
    case .presence: #expect(actions == ["ask 7 presence"])
    case .presenceStats: #expect(actions == ["ask 7 presenceStats"])
    case .history: #expect(actions == ["ask 7 history"])
    case .rpc: #expect(actions == ["rpc 7 queue.list"])
    case .ping: #expect(actions == [#"{"id":7,"ping":{}}"#])
    case .unsupported: #expect(actions == [#"{"id":7,"error":{"code":108,"message":"not available"}}"#])
    }
  }

  @Test(arguments: commands) func whenClosed(_ body: ClientCommand.Body) {
    var session = live(at: 1)
    let end = session.closed()
    #expect(end.names.suffix(2) == ["leave q", "left q"])
    #expect(session.received(ClientCommand(id: 7, body: body)).isEmpty)
    for timer in CentrifugeSession.Timer.allCases { #expect(session.fired(timer).isEmpty) }
    #expect(session.delivered(run(2, 1)) == .none)
    #expect(session.disconnect(.shutdown).isEmpty)
    #expect(session.rpcEnded(3, .success([])).isEmpty)
    #expect(session.answered(3, .failure(.unknownChannel)).isEmpty)
    #expect(session.closed().isEmpty, "once")
  }

  @Test func connecting() {
    var session = CentrifugeSession(clientID: "c", version: "v")
    _ = session.received(ClientCommand(id: 1, body: .connect(token: "t")))
    let actions = session.tokenVerified(1, .success(token()), now: Self.now)
    #expect(
      actions.names == [
        "cancel connect",
        #"{"id":1,"connect":{"client":"c","version":"v","expires":true,"ttl":600,"ping":25,"pong":true,"time":1000000}}"#,
        "schedule ping", "schedule expiry",
      ])
    #expect(session.principal == Self.agent)
    #expect(session.inFlight == 0)
    var bad = CentrifugeSession(clientID: "c", version: "v")
    _ = bad.received(ClientCommand(id: 1, body: .connect(token: "t")))
    #expect(bad.tokenVerified(1, .failure(.invalid), now: 0).names.last == "disconnect 3500")
    var waiting = CentrifugeSession(clientID: "c", version: "v")
    _ = waiting.received(ClientCommand(id: 1, body: .connect(token: "t")))
    let later = waiting.tokenVerified(1, .failure(.noKeys), now: 0)
    #expect(later.names.first?.contains(#""temporary":true"#) == true)
    #expect(waiting.fired(.connect).names.last == "disconnect 3502")
  }

  @Test func pingsAndPongs() {
    var session = connected()
    #expect(session.fired(.ping).names == ["{}", "schedule pong", "schedule ping"])
    #expect(session.received(ClientCommand(id: 0, body: .pong)).names == ["cancel pong"])
    #expect(session.fired(.pong).isEmpty)
    _ = session.fired(.ping)
    #expect(session.fired(.pong).names.last == "disconnect 3012")
    var expired = connected()
    #expect(expired.fired(.expiry).names.last == "disconnect 3005")
    var fresh = CentrifugeSession(clientID: "c", version: "v")
    #expect(fresh.fired(.connect).names.last == "disconnect 3502")
  }

  @Test func refreshing() {
    var session = connected()
    _ = session.received(ClientCommand(id: 2, body: .refresh(token: "t")))
    let renewed = session.tokenVerified(2, .success(token(ttl: 60)), now: Self.now)
    #expect(renewed.names.last == "schedule expiry")
    _ = session.received(ClientCommand(id: 3, body: .refresh(token: "t")))
    #expect(session.tokenVerified(3, .failure(.noKeys), now: 0).names.first?.contains(#""temporary":true"#) == true)
    _ = session.received(ClientCommand(id: 4, body: .refresh(token: "t")))
    let raised = Principal(id: "a", name: "agent", level: .supervisor)
    #expect(session.tokenVerified(4, .success(token(raised)), now: 0).names.last == "disconnect 3011")
    var late = connected()
    _ = late.received(ClientCommand(id: 2, body: .refresh(token: "t")))
    #expect(late.tokenVerified(2, .failure(.expired), now: 0).names.last == "disconnect 3005", "it comes back")
    var forged = connected()
    _ = forged.received(ClientCommand(id: 2, body: .refresh(token: "t")))
    #expect(forged.tokenVerified(2, .failure(.invalid), now: 0).names.last == "disconnect 3500")
    var another = connected()
    _ = another.received(ClientCommand(id: 2, body: .refresh(token: "t")))
    let other = Principal(id: "b", name: "agent", level: .agent)
    #expect(another.tokenVerified(2, .success(token(other)), now: 0).names.last == "disconnect 3500")
  }

  @Test func commandsUnderWayAreBounded() {
    var session = connected(Self.agent) { $0.inFlight = 1 }
    #expect(session.received(ClientCommand(id: 2, body: .rpc(method: "m", data: nil))).names == ["rpc 2 m"])
    for body in [
      ClientCommand.Body.rpc(method: "m", data: nil), .refresh(token: "t"), subscribe(3).body,
      .presence(channel: "queue:q"), .history(HistoryRequest(channel: "queue:q")),
    ] {
      #expect(session.received(ClientCommand(id: 3, body: body)).names.first?.contains("111") == true)
    }
    let answer = session.rpcEnded(2, .success(Array(#"{"a":1}"#.utf8)))
    #expect(answer.names == [#"{"id":2,"rpc":{"data":{"a":1}}}"#])
    #expect(session.received(ClientCommand(id: 4, body: .rpc(method: "m", data: nil))).names == ["rpc 4 m"])
    let failure = session.rpcEnded(4, .failure(GatewayError(.staleFence, "shown")))
    #expect(failure.names == [#"{"id":4,"error":{"code":442,"message":"stale_fence: shown"}}"#])
  }

  @Test func channelsAreBounded() {
    var session = connected(Self.agent) { $0.subscriptions = 1 }
    _ = session.received(subscribe(2))
    let other = ClientCommand(id: 3, body: .subscribe(SubscribeRequest(channel: "queue:other")))
    #expect(session.received(other).names.first?.contains("106") == true)
  }

  @Test func eventsThatComeBeforeTheSnapshotWaitForIt() throws {
    var session = connected()
    let actions = session.received(subscribe(2))
    guard case .load(let load) = actions[1] else { throw Unexpected() }
    for version in 4...7 as ClosedRange<QueueVersion> { #expect(session.delivered(run(version, 1)) == .none) }
    let loaded = session.loaded(load, .success(snapshot(at: 5)))
    #expect(loaded.names.first?.hasPrefix(#"{"id":2,"subscribe":{"recoverable":true,"epoch":"e","offset":5"#) == true)
    #expect(Array(loaded.names.dropFirst()) == ["joined q", "push 6...6 from 0", "push 7...7 from 0"])
    #expect(session.delivered(run(8, 2)) == .whole)
  }

  @Test func aRunThatIsKnownInPartIsCut() throws {
    var session = live(at: 5)
    #expect(session.delivered(run(3, 3)) == .none)
    #expect(session.delivered(run(4, 4)) == .from(2))
    #expect(session.delivered(run(8, 1)) == .whole)
    #expect(session.delivered(run(8, 1)) == .none, "once")
    #expect(session.delivered(run(10, 1)) == .gap)
    #expect(session.delivered(run(9, 1, epoch: Epoch("f")!)) == .gap)
    #expect(session.resync(Self.queue).names == ["leave q", "left q", Self.insufficient])
    #expect(session.delivered(run(9, 1)) == .none)
    #expect(session.resync(Self.queue).isEmpty)
  }

  private static let insufficient =
    #"{"push":{"channel":"queue:q","unsubscribe":{"code":2500,"reason":"insufficient state"}}}"#

  @Test func tooManyEventsBeforeTheSnapshot() throws {
    var session = connected(Self.agent) { $0.bufferedEvents = 3 }
    guard case .load(let load) = session.received(subscribe(2))[1] else { throw Unexpected() }
    _ = session.delivered(run(1, 2))
    _ = session.delivered(run(3, 2))
    let loaded = session.loaded(load, .success(snapshot(at: 0)))
    #expect(loaded.names.dropFirst() == ["joined q", "leave q", "left q", Self.insufficient])
  }

  @Test func aResetWhileTheSnapshotIsTaken() throws {
    var session = connected()
    guard case .load(let load) = session.received(subscribe(2))[1] else { throw Unexpected() }
    #expect(session.resync(Self.queue).isEmpty)
    #expect(session.loaded(load, .success(snapshot(at: 9))).names.last == Self.insufficient)
  }

  @Test func commandsAboutAChannelThatIsLoadedWait() throws {
    var session = connected()
    guard case .load(let load) = session.received(subscribe(2))[1] else { throw Unexpected() }
    #expect(session.received(ClientCommand(id: 3, body: .unsubscribe(channel: "queue:q"))).isEmpty)
    #expect(session.received(subscribe(4)).isEmpty)
    let loaded = session.loaded(load, .success(snapshot(at: 1))).names
    #expect(loaded.count == 7)
    #expect(loaded[0].hasPrefix(#"{"id":2,"subscribe""#))
    #expect(
      Array(loaded.dropFirst()) == ["joined q", "leave q", "left q", #"{"id":3,"unsubscribe":{}}"#, "join q", "load q"])
    #expect(session.loaded(load, .success(snapshot(at: 1))).isEmpty, "an earlier load is not taken for this one")
  }

  @Test func aSubscriptionThatFails() throws {
    var session = connected()
    guard case .load(let load) = session.received(subscribe(2))[1] else { throw Unexpected() }
    let failed = session.loaded(load, .failure(.unknownChannel))
    #expect(failed.names == ["leave q", #"{"id":2,"error":{"code":102,"message":"unknown channel"}}"#])
    #expect(session.received(subscribe(3)).names == ["join q", "load q"])
  }

  @Test func whoMaySubscribe() {
    let limited = Principal(id: "l", name: "l", level: .viewer, queues: [QueueName("other")!])
    var session = connected(limited)
    #expect(session.received(subscribe(2)).names.first?.contains("103") == true)
    var producer = connected(Principal(id: "p", name: "p", level: .producer))
    #expect(producer.received(subscribe(2)).names.first?.contains("103") == true)
  }

  @Test func theLimitOfTheSnapshot() throws {
    for (data, limit) in [(#"{"limit":7}"#, 7), ("{}", 500), (#"{"limit":5000}"#, 5_000)] {
      var session = connected()
      var request = SubscribeRequest(channel: "queue:q")
      request.data = try JSONScanner.parse(Array(data.utf8))
      guard case .load(let load) = session.received(ClientCommand(id: 2, body: .subscribe(request)))[1] else {
        throw Unexpected()
      }
      #expect(load.limit == limit)
    }
  }
}

struct Unexpected: Error {}

extension [CentrifugeSession.Action] {
  /// Each action in a few words; replies and pushes as they go out.
  var names: [String] {
    map { action in
      switch action {
      case .send(let reply): String(decoding: WireFormat.json.encode(reply), as: UTF8.self)
      case .verify(let id, _): "verify \(id)"
      case .join(let queue, _): "join \(queue)"
      case .leave(let queue, _): "leave \(queue)"
      case .load(let load): "load \(load.queue)"
      case .rpc(let id, let method, _, _): "rpc \(id) \(method)"
      case .ask(let id, let question):
        switch question.kind {
        case .presence: "ask \(id) presence"
        case .presenceStats: "ask \(id) presenceStats"
        case .history: "ask \(id) history"
        }
      case .joined(let queue): "joined \(queue)"
      case .left(let queue): "left \(queue)"
      case .push(let run, let from): "push \(run.first)...\(run.last) from \(from)"
      case .schedule(let timer, _): "schedule \(timer)"
      case .cancel(let timer): "cancel \(timer)"
      case .disconnect(let reason): "disconnect \(reason.code)"
      }
    }
  }
}
