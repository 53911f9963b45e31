import ServiceQueue

/// One client's connection as the protocol sees it: pure, without I/O and clock. Commands, timers, events and the ends of
/// work go in; what is to be done comes out, in order. What a client sends after `connect` without waiting for the reply, as
/// the JavaScript SDK does, is answered once the token is verified.
///
/// Bounds: at most `Limits.inFlight` commands under way (more are refused with 111), `Limits.subscriptions` channels
/// (106), and for each channel that is being loaded `Limits.bufferedEvents` events; when those overflow the client is asked
/// to subscribe again (2500), with recovery.
struct CentrifugeSession: Sendable {
  struct Limits: Hashable, Sendable {
    var inFlight = 16
    var subscriptions = 64
    var bufferedEvents = 2_000
    /// Snapshot services when the client names no limit, and at most.
    var snapshot = 500
    var connectTimeout: Duration = .seconds(10)
    var pingInterval: Duration = .seconds(25)
    var pongTimeout: Duration = .seconds(10)
    /// How long a connection lives on after its token ended, for the client to refresh it.
    var expiryGrace: Duration = .seconds(25)
  }

  enum Phase: Hashable, Sendable {
    /// Nothing said yet.
    case fresh
    /// The token of this connect command is being verified.
    case authenticating(UInt32)
    case connected
    /// Connecting failed with an error; nothing but the end is left.
    case unusable
    case closed
  }

  enum Timer: Hashable, Sendable, CaseIterable {
    /// The client has not connected.
    case connect
    /// The next ping is due.
    case ping
    /// The pong to the last ping is due.
    case pong
    /// The token's end, and the grace after it, are over.
    case expiry
  }

  enum Action: Sendable {
    /// Writes one reply or push.
    case send(ServerReply)
    /// Verifies a token; `tokenVerified` gets the end.
    case verify(UInt32, token: String)
    /// From now on the hub's events of the queue come in, by `delivered`.
    case join(QueueName, ViewLevel)
    case leave(QueueName, ViewLevel)
    /// Loads what the subscriber begins with; `loaded` gets the end.
    case load(ChannelLoad)
    /// Carries out an RPC; `rpcEnded` gets the end.
    case rpc(UInt32, method: String, data: JSONValue?, Principal)
    /// Writes the run's events from the place `from` on.
    case push(EventRun, from: Int)
    /// Sets the timer, in place of one that runs.
    case schedule(Timer, Duration)
    case cancel(Timer)
    /// Says why, and closes.
    case disconnect(Disconnect)
  }

  let limits: Limits
  /// The connection's name, for the client and logs.
  let clientID: String
  let version: String

  private(set) var phase = Phase.fresh
  private(set) var principal: Principal?
  private(set) var inFlight = 0
  private var subscriptions: [QueueName: Subscription] = [:]
  private var awaitsPong = false
  /// Commands that came while the token was being verified; at most a frame's worth, then the client is disconnected.
  private var early: [ClientCommand] = []

  init(clientID: String, version: String, limits: Limits = Limits()) {
    self.clientID = clientID
    self.version = version
    self.limits = limits
  }

  /// The socket is open.
  func opened() -> [Action] { [.schedule(.connect, limits.connectTimeout)] }

  /// A command came.
  mutating func received(_ command: ClientCommand) -> [Action] {
    switch phase {
    case .closed: return []
    case .unusable: return disconnect(.badRequest)
    case .authenticating:
      if case .connect = command.body { return disconnect(.badRequest) }
      guard early.count < CommandDecoder.maximumCommands else { return disconnect(.badRequest) }
      early.append(command)
      return []
    case .fresh:
      guard case .connect(let token) = command.body else { return disconnect(.badRequest) }
      guard !token.isEmpty else { return disconnect(.invalidToken) }
      phase = .authenticating(command.id)
      inFlight += 1
      return [.verify(command.id, token: token)]
    case .connected: return receivedConnected(command)
    }
  }

  /// A frame came that holds no commands.
  mutating func receivedGarbage() -> [Action] { disconnect(.badRequest) }

  /// A token was verified, for a connect or refresh command. `now` is in seconds since 1970.
  mutating func tokenVerified(
    _ id: UInt32, _ result: Result<AccessToken, TokenFault>, now: Int64
  ) -> [Action] {
    guard phase != .closed else { return [] }
    inFlight -= 1
    switch (phase, result) {
    case (.authenticating, .success(let token)):
      phase = .connected
      principal = token.principal
      let ttl = max(1, token.expiresAt - now)
      var actions: [Action] = [
        .cancel(.connect),
        .send(.connect(id, terms(ttl: ttl))),
        .schedule(.ping, limits.pingInterval),
        .schedule(.expiry, .seconds(ttl) + limits.expiryGrace),
      ]
      let waiting = early
      early = []
      for command in waiting { actions += received(command) }
      return actions
    case (_, .success(let token)):
      guard token.principal.id == principal?.id else { return disconnect(.invalidToken) }
      guard token.principal == principal else { return disconnect(.forceReconnect) }
      let ttl = max(1, token.expiresAt - now)
      return [
        .send(.refresh(id, terms(ttl: ttl))),
        .schedule(.expiry, .seconds(ttl) + limits.expiryGrace),
      ]
    case (_, .failure(.invalid)): return disconnect(.invalidToken)
    case (_, .failure(let fault)):
      if phase != .connected {
        phase = .unusable
        early = []
      }
      let error = fault == .expired ? ReplyError.tokenExpired : ReplyError(GatewayError(fault))
      return [.send(.error(id, error))]
    }
  }

  /// An RPC ended; the success is the JSON of its answer.
  mutating func rpcEnded(_ id: UInt32, _ result: Result<[UInt8], GatewayError>) -> [Action] {
    guard phase == .connected else { return [] }
    inFlight -= 1
    switch result {
    case .success(let data): return [.send(.rpc(id, data: data))]
    case .failure(let error): return [.send(.error(id, ReplyError(error)))]
    }
  }

  /// A timer that was set ran out.
  mutating func fired(_ timer: Timer) -> [Action] {
    switch (timer, phase) {
    case (_, .closed): return []
    case (.connect, .connected): return []
    case (.connect, _): return disconnect(.stale)
    case (.ping, .connected):
      awaitsPong = true
      return [
        .send(.ping), .schedule(.pong, limits.pongTimeout), .schedule(.ping, limits.pingInterval),
      ]
    case (.pong, .connected): return awaitsPong ? disconnect(.noPong) : []
    case (.expiry, .connected): return disconnect(.expired)
    case (.ping, _), (.pong, _), (.expiry, _): return []
    }
  }

  private func terms(ttl: Int64) -> SessionTerms {
    SessionTerms(
      client: clientID, version: version, ttl: ttl, ping: Int(limits.pingInterval.components.seconds))
  }

  /// The server ends the connection: a shutdown, a slow reader, a user whose rights changed.
  mutating func disconnect(_ reason: Disconnect) -> [Action] {
    guard phase != .closed else { return [] }
    return closed() + [.disconnect(reason)]
  }

  /// The connection has ended, whoever ended it. Afterwards nothing does anything.
  mutating func closed() -> [Action] {
    guard phase != .closed else { return [] }
    phase = .closed
    let left = subscriptions.map { Action.leave($0.key, $0.value.view) }
    subscriptions = [:]
    return Timer.allCases.map { .cancel($0) } + left
  }
}

// MARK: - Commands of a connected client

extension CentrifugeSession {
  private mutating func receivedConnected(_ command: ClientCommand) -> [Action] {
    let id = command.id
    switch command.body {
    case .pong:
      guard awaitsPong else { return disconnect(.badRequest) }
      awaitsPong = false
      return [.cancel(.pong)]
    case .connect: return disconnect(.badRequest)
    case .send: return disconnect(.notAvailable)
    case .unsupported: return [.send(.error(id, .notAvailable))]
    case .ping: return [.send(.pong(id))]
    case .refresh(let token):
      guard inFlight < limits.inFlight else { return [.send(.error(id, .tooManyRequests))] }
      inFlight += 1
      return [.verify(id, token: token)]
    case .rpc(let method, let data):
      guard inFlight < limits.inFlight, let principal else {
        return [.send(.error(id, .tooManyRequests))]
      }
      inFlight += 1
      return [.rpc(id, method: method, data: data, principal)]
    case .subscribe(let request): return subscribe(id, request, command)
    case .unsubscribe(let channel): return unsubscribe(id, channel, command)
    }
  }

  private mutating func subscribe(_ id: UInt32, _ request: SubscribeRequest, _ command: ClientCommand) -> [Action] {
    func refuse(_ error: ReplyError) -> [Action] { [.send(.error(id, error))] }
    guard let principal, let view = ViewLevel(principal.level) else { return refuse(.permissionDenied) }
    guard let queue = ChannelName.queue(request.channel) else { return refuse(.unknownChannel) }
    guard AccessPolicy.allows(.observe, by: principal, in: queue) else { return refuse(.permissionDenied) }
    if subscriptions[queue] != nil {
      return postpone(command, for: queue) ?? refuse(.alreadySubscribed)
    }
    let limit: Int
    do throws(GatewayError) {
      let arguments = try Arguments(request.data, known: ["limit"])
      limit = Int(try arguments.integer("limit", in: 0...Int64(BrokerLimits.snapshot)) ?? Int64(limits.snapshot))
    } catch {
      return refuse(ReplyError(code: 107, message: "bad request: data: \(error.message)"))
    }
    guard subscriptions.count < limits.subscriptions else { return refuse(.limitExceeded) }
    guard inFlight < limits.inFlight else { return refuse(.tooManyRequests) }
    inFlight += 1
    subscriptions[queue] = Subscription(view: view, command: id)
    let load = ChannelLoad(
      command: id, queue: queue, view: view, limit: limit,
      position: request.recovers ? (request.epoch, request.offset) : nil,
      refusesUnrecovered: request.refusesUnrecovered)
    // Joined before it is loaded: what happens in between waits in the subscription.
    return [.join(queue, view), .load(load)]
  }

  private mutating func unsubscribe(_ id: UInt32, _ channel: String, _ command: ClientCommand) -> [Action] {
    var actions = [Action]()
    if let queue = ChannelName.queue(channel), let subscription = subscriptions[queue] {
      if let postponed = postpone(command, for: queue) { return postponed }
      subscriptions[queue] = nil
      actions.append(.leave(queue, subscription.view))
    }
    return actions + [.send(.unsubscribe(id))]
  }

  /// A command about a channel that is being loaded waits for the load's end, so that replies keep their order.
  private mutating func postpone(_ command: ClientCommand, for queue: QueueName) -> [Action]? {
    guard let subscription = subscriptions[queue], subscription.isLoading else { return nil }
    guard subscription.postponed.count < limits.inFlight else {
      return [.send(.error(command.id, .tooManyRequests))]
    }
    subscriptions[queue]?.postponed.append(command)
    return []
  }
}

// MARK: - Channels

extension CentrifugeSession {
  /// What a subscriber begins with is there, or is not to be had.
  mutating func loaded(_ load: ChannelLoad, _ result: Result<LoadedChannel, ReplyError>) -> [Action] {
    guard phase == .connected else { return [] }
    inFlight -= 1
    guard let subscription = subscriptions[load.queue], subscription.command == load.command else { return [] }
    var actions = [Action]()
    switch result {
    case .failure(let error):
      subscriptions[load.queue] = nil
      actions = [.leave(load.queue, load.view), .send(.error(load.command, error))]
    case .success(let channel):
      actions.append(.send(.subscribe(load.command, channel)))
      subscriptions[load.queue]?.becomeLive(at: channel.version, of: channel.epoch)
      if subscription.overflowed {
        actions += resync(load.queue)
      } else {
        for run in subscription.buffered { actions += push(run) }
      }
    }
    for command in subscription.postponed { actions += received(command) }
    return actions
  }

  /// What to do with a run of events.
  enum Delivery: Hashable, Sendable {
    /// Nothing: it is known already, kept for later, or not for this client.
    case none
    /// All of it is to be written.
    case whole
    /// It is to be written from this place on.
    case from(Int)
    /// It does not follow on what the client has: `resync`.
    case gap
  }

  /// Events came from the hub. The hot path: no allocation while a subscription is live.
  mutating func delivered(_ run: EventRun) -> Delivery {
    guard let delivery = subscriptions[run.queue]?.take(run, bound: limits.bufferedEvents) else { return .none }
    return delivery
  }

  /// The queue's events are not continuous here: the client is asked to subscribe again, which recovers what it missed.
  mutating func resync(_ queue: QueueName) -> [Action] {
    guard phase == .connected, let subscription = subscriptions[queue] else { return [] }
    guard !subscription.isLoading else {
      subscriptions[queue]?.overflowed = true
      return []
    }
    subscriptions[queue] = nil
    return [
      .leave(queue, subscription.view), .send(.unsubscribed(queue, .insufficientState)),
    ]
  }

  private mutating func push(_ run: EventRun) -> [Action] {
    switch delivered(run) {
    case .none: []
    case .whole: [.push(run, from: 0)]
    case .from(let place): [.push(run, from: place)]
    case .gap: resync(run.queue)
    }
  }
}
