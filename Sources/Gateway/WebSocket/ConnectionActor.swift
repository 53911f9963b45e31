import Logging
import NIOCore
import ServiceQueue

/// One client's WebSocket, or event stream: carries out what its `CentrifugeSession` decides. Pinned to its channel's event
/// loop: frames and the hub's events come in as plain calls on that loop, and everything is written from it.
///
/// Work that waits (tokens, the Broker) is run by the connections' one `JobRunner`, timers by the loop's one wheel: what is open
/// and idle has no task and no timer of its own.
actor ConnectionActor {
  let services: GatewayServices
  let socket: NIOLoopBound<SocketHandler>
  let hub: LoopHub
  let format: WireFormat
  /// What the client would say, where it only reads.
  let stream: StreamClient?
  var session: CentrifugeSession
  var rate: CommandRate
  /// The session of the token that the connection lives by: `AccessToken.session`.
  var login: String?
  var deadlines = Deadlines()
  /// Its place in the loop's wheel, from `opened` to `ended`.
  var seat: TimerWheel.Seat?
  var isClosing = false
  /// Something was written since the last flush.
  var wantsFlush = false
  /// Bytes of events written while the channel was not writable; the bound is `slowReaderBytes`.
  var bytesSinceWritable = 0
  var unwritableSince: NIODeadline?

  nonisolated let channel: any Channel
  nonisolated let id: String

  /// The loop outlives the actor: it owns the channel that owns the handler that owns the actor.
  nonisolated let unownedExecutor: UnownedSerialExecutor

  init(
    channel: any Channel, socket: NIOLoopBound<SocketHandler>, hub: LoopHub, format: WireFormat, id: String,
    services: GatewayServices, stream: StreamClient? = nil
  ) {
    self.channel = channel
    self.socket = socket
    self.hub = hub
    self.format = format
    self.id = id
    self.services = services
    unownedExecutor = hub.unownedExecutor
    self.stream = stream
    rate = CommandRate(at: Self.now, services.configuration.rate)
    var limits = services.configuration.session
    // A stream cannot bring another token.
    if stream != nil { limits.expiryGrace = .zero }
    session = CentrifugeSession(clientID: id, version: services.configuration.version, limits: limits)
  }

  /// Closes, saying why.
  func disconnect(_ reason: Disconnect) {
    carryOut(session.disconnect(reason))
  }

  // MARK: From the hub, on the same loop

  /// Writes a run's events, as far as they are news; how many. Sends them at once, or with the next flush.
  func deliver(_ run: EventRun, flushing: Bool) -> Int {
    guard !isClosing else { return 0 }
    switch session.delivered(run) {
    case .none: return 0
    case .whole: return writeEvents(run.frames, count: run.pushes.count, flushing: flushing)
    case .from(let place):
      return writeEvents(
        format.frames(run.pushes[place...]), count: run.pushes.count - place, flushing: flushing)
    case .gap:
      resync(run.queue)
      return 0
    }
  }

  /// Writes who came and went, if the client wants to be told; true when that wants a flush.
  func deliver(_ push: PresencePush) -> Bool {
    guard !isClosing, session.wantsPresence(of: push.queue) else { return false }
    return writeEvents(push.frames, count: push.count, flushing: false) > 0
  }

  func resync(_ queue: QueueName) {
    services.metrics.resync()
    carryOut(session.resync(queue))
  }

  func flush() {
    guard wantsFlush else { return }
    wantsFlush = false
    socket.value.flush()
  }

  /// The rights of these users changed, by id.
  func rightsChanged(_ changed: [String: CurrentRights]) {
    guard let mine = session.principal, let rights = changed[mine.id] else { return }
    switch rights.verdict(on: mine) {
    case .current, .unknown, .ended: break
    case .outdated: disconnect(.forceReconnect)
    case .disabled: disconnect(.forceNoReconnect)
    }
  }

  /// These sessions are over, by id.
  func sessionsEnded(_ ended: Set<String>) {
    if let login, ended.contains(login) { disconnect(.sessionEnded) }
  }

  // MARK: Ends of jobs

  /// The token is compared with its user's rights here, in the turn in which the session takes it: a change is known to
  /// `rights` before `rightsChanged` is called, so that it meets the session in one of the two places.
  func tokenVerified(_ command: UInt32, _ result: Result<AccessToken, TokenFault>) {
    var result = result
    if case .success(let token) = result {
      guard services.connections.admit(self, token) else { return disconnect(.connectionLimit) }
      switch services.rights.verdict(on: token) {
      case .current: break
      // A client that refreshes would take error 109 for the end; sent back, it asks for a new token.
      case .outdated where session.phase == .connected: return disconnect(.forceReconnect)
      case .outdated: result = .failure(.expired)
      case .disabled: return disconnect(.forceNoReconnect)
      case .ended: return disconnect(.sessionEnded)
      case .unknown: result = .failure(.noKeys)
      }
    }
    if case .success(let token) = result { login = token.session }
    carryOut(session.tokenVerified(command, result, now: services.clock.milliseconds()))
    if case .success(let token) = result {
      services.logger.debug("connected", metadata: ["connection": "\(id)", "user": "\(token.principal.id)"])
    }
  }

  func rpcEnded(_ command: UInt32, _ result: Result<[UInt8], GatewayError>) {
    carryOut(session.rpcEnded(command, result))
  }

  func answered(_ command: UInt32, _ result: Result<ServerReply, ReplyError>) {
    carryOut(session.answered(command, result))
  }

  func loaded(_ load: ChannelLoad, _ result: Result<LoadedChannel, ReplyError>) {
    carryOut(session.loaded(load, result))
  }
}

// MARK: - Carrying out

extension ConnectionActor {
  func carryOut(_ actions: [CentrifugeSession.Action], flushing: Bool = true) {
    var hasRoom = true
    for action in actions {
      switch action {
      case .send(let reply):
        write(format.frames([format.encode(reply)]))
        if let step = stream?.step(after: reply) { take(step) }
      case .verify(let command, let token): hasRoom = start(.verify(command, token: token)) && hasRoom
      case .join(let queue, let view): hub.assumeIsolated { $0.join(self, queue, Audience(view: view, format: format)) }
      case .leave(let queue, let view):
        hub.assumeIsolated { $0.leave(self, queue, Audience(view: view, format: format)) }
      case .load(let load): hasRoom = start(.load(load)) && hasRoom
      case .rpc(let command, let method, let data, let principal):
        hasRoom = start(.rpc(command, method: method, data: data, principal)) && hasRoom
      case .ask(let command, let question): hasRoom = start(.ask(command, question)) && hasRoom
      case .joined(let queue): if let presence { services.presence.joined(queue, presence) }
      case .left(let queue): if let presence { services.presence.left(queue, presence) }
      case .push(let run, let place):
        let count = writeEvents(
          place == 0 ? run.frames : format.frames(run.pushes[place...]), count: run.pushes.count - place,
          flushing: false)
        services.metrics.delivered(count)
      case .schedule(let timer, let delay): schedule(timer, delay)
      case .cancel(let timer): cancel(timer)
      case .disconnect(let reason): close(reason)
      }
    }
    if !hasRoom { carryOut(session.disconnect(.serverError)) }
    if flushing { flush() }
  }

  private func take(_ step: StreamClient.Step) {
    switch step {
    case .say(let command): carryOut(session.received(command), flushing: false)
    case .end(let reason): carryOut(session.disconnect(reason), flushing: false)
    }
  }

  private func start(_ job: ConnectionJob) -> Bool {
    services.connections.jobs.start(job, of: self, on: channel.eventLoop)
  }

  /// How others see the connection.
  private var presence: PresenceEntry? {
    session.principal.map { PresenceEntry(connection: id, user: $0.id, name: $0.name, level: $0.level) }
  }

  func write(_ buffer: ByteBuffer) {
    guard !isClosing else { return }
    wantsFlush = true
    socket.value.write(buffer)
  }

  /// Events are what a slow reader is measured by: replies it asked for itself. How many were written.
  private func writeEvents(_ buffer: ByteBuffer, count: Int, flushing: Bool) -> Int {
    guard !isClosing else { return 0 }
    if unwritableSince != nil {
      bytesSinceWritable += buffer.readableBytes
      guard bytesSinceWritable <= services.configuration.slowReaderBytes else {
        services.metrics.slowClose()
        services.logger.info("slow reader cut off", metadata: ["connection": "\(id)"])
        carryOut(session.disconnect(.slow))
        return 0
      }
    }
    if flushing {
      wantsFlush = false
      socket.value.writeAndFlush(buffer)
    } else {
      wantsFlush = true
      socket.value.write(buffer)
    }
    return count
  }

  /// Writes the close frame and closes when the client has answered it, or after a while; a stream once its last event has
  /// been taken.
  private func close(_ reason: Disconnect) {
    guard !isClosing else { return }
    services.logger.debug("disconnect", metadata: ["connection": "\(id)", "code": "\(reason.code)"])
    services.metrics.disconnect(reason.code)
    if stream == nil {
      write(format.close(reason))
      flush()
    } else {
      socket.value.writeAndClose(format.close(reason))
    }
    isClosing = true
    let channel = channel
    channel.eventLoop.scheduleTask(in: TimeAmount(services.configuration.closeTimeout)) { channel.close(promise: nil) }
  }

  static func method(of command: ClientCommand) -> String {
    guard case .rpc(let method, _) = command.body else { return "" }
    return CommandDesk.methods.contains(method) ? method : "unknown"
  }
}

// MARK: - Timers

extension ConnectionActor {
  /// The loop's time has come to `tick`, and one of the timers is due.
  func due(at tick: UInt32) {
    while let timer = deadlines.due(at: tick) {
      deadlines[timer] = 0
      fired(timer)
    }
    setDeadline()
  }

  private func schedule(_ timer: CentrifugeSession.Timer, _ delay: Duration) {
    deadlines[timer] = hub.assumeIsolated { $0.tick(in: delay) }
    setDeadline()
  }

  private func cancel(_ timer: CentrifugeSession.Timer) {
    guard deadlines[timer] != 0 else { return }
    deadlines[timer] = 0
    setDeadline()
  }

  private func setDeadline() {
    guard let seat else { return }
    let first = deadlines.first
    hub.assumeIsolated { $0.setDeadline(seat, first) }
  }

  private func fired(_ timer: CentrifugeSession.Timer) {
    if timer == .pong, let since = unwritableSince, !isClosing {
      // The ping stands behind what the client is still taking, such as a large snapshot.
      guard .now() - since < TimeAmount(services.configuration.slowReaderTime) else {
        services.metrics.slowClose()
        return carryOut(session.disconnect(.slow))
      }
      return schedule(.pong, services.configuration.session.pongTimeout)
    }
    // Who only reads answers by taking what was sent.
    if timer == .pong, stream != nil { return carryOut(session.received(ClientCommand(id: 0, body: .pong))) }
    carryOut(session.fired(timer))
  }
}
