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
    /// Answers a question about a channel; `answered` gets the end.
    case ask(UInt32, ChannelQuestion)
    /// The connection watches the queue from now on, for its presence.
    case joined(QueueName)
    /// It does no longer.
    case left(QueueName)
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
  var inFlight = 0
  var subscriptions: [QueueName: Subscription] = [:]
  var awaitsPong = false
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

  /// A token was verified, for a connect or refresh command. `now` is in milliseconds since 1970.
  mutating func tokenVerified(
    _ id: UInt32, _ result: Result<AccessToken, TokenFault>, now: Int64
  ) -> [Action] {
    guard phase != .closed else { return [] }
    inFlight -= 1
    switch (phase, result) {
    case (.authenticating, .success(let token)):
      phase = .connected
      principal = token.principal
      let ttl = ttl(of: token, now: now)
      var actions: [Action] = [
        .cancel(.connect),
        .send(.connect(id, terms(ttl: ttl, now: now))),
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
      let ttl = ttl(of: token, now: now)
      return [
        .send(.refresh(id, terms(ttl: ttl, now: now))),
        .schedule(.expiry, .seconds(ttl) + limits.expiryGrace),
      ]
    case (_, .failure(.invalid)): return disconnect(.invalidToken)
    // An error would be the end for the SDK; sent back, it gets another token.
    case (.connected, .failure(.expired)): return disconnect(.expired)
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

  /// A question about a channel was answered.
  mutating func answered(_ id: UInt32, _ result: Result<ServerReply, ReplyError>) -> [Action] {
    guard phase == .connected else { return [] }
    inFlight -= 1
    switch result {
    case .success(let reply): return [.send(reply)]
    case .failure(let error): return [.send(.error(id, error))]
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

  /// In whole seconds, at least one.
  private func ttl(of token: AccessToken, now: Int64) -> Int64 { max(1, token.expiresAt - now / 1_000) }

  private func terms(ttl: Int64, now: Int64) -> SessionTerms {
    SessionTerms(
      client: clientID, version: version, ttl: ttl, ping: Int(limits.pingInterval.components.seconds), time: now)
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
    let left = subscriptions.flatMap { ended($0.value, of: $0.key) }
    subscriptions = [:]
    return Timer.allCases.map { .cancel($0) } + left
  }
}
