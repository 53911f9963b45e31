import Logging
import NIOCore
import ServiceQueue

/// One client's WebSocket: carries out what its `CentrifugeSession` decides. Pinned to its channel's event loop: frames and
/// the hub's events come in as plain calls on that loop, and everything is written from it.
///
/// Work that waits (tokens, the Broker) goes to `jobs`, which the connection's own task runs as its children; the session
/// bounds how many there are at a time.
actor ConnectionActor {
  private let executor: any SerialExecutor
  private let services: GatewayServices
  private let socket: NIOLoopBound<FrontHandler>
  private let hub: LoopHub
  private let format: WireFormat
  private var session: CentrifugeSession
  private var timers: [CentrifugeSession.Timer: Scheduled<Void>] = [:]
  private var isClosing = false
  /// Bytes of events written while the channel was not writable; the bound is `slowReaderBytes`.
  private var bytesSinceWritable = 0
  private var unwritableSince: NIODeadline?
  private let logger: Logger

  nonisolated let channel: any Channel
  nonisolated let id: String
  /// What the connection's task has to run.
  nonisolated let jobs: AsyncStream<ConnectionJob>
  private let jobsContinuation: AsyncStream<ConnectionJob>.Continuation

  /// The loop outlives the actor: it owns the channel that owns the handler that owns the actor.
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(
    channel: any Channel, socket: NIOLoopBound<FrontHandler>, hub: LoopHub, format: WireFormat, id: String,
    services: GatewayServices
  ) {
    self.channel = channel
    self.executor = channel.eventLoop.executor
    self.socket = socket
    self.hub = hub
    self.format = format
    self.id = id
    self.services = services
    var logger = services.logger
    logger[metadataKey: "connection"] = "\(id)"
    self.logger = logger
    session = CentrifugeSession(
      clientID: id, version: services.configuration.version, limits: services.configuration.session)
    // One more than there can be under way, so that nothing is ever dropped.
    (jobs, jobsContinuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingOldest(services.configuration.session.inFlight + 1))
  }

  // MARK: From the channel, on its loop

  func opened() {
    carryOut(session.opened())
  }

  func received(_ message: [UInt8]) {
    guard !isClosing else { return }
    guard let commands = try? format.commands(in: message) else {
      return carryOut(session.receivedGarbage())
    }
    for command in commands {
      services.metrics.command(command.body.name, method: Self.method(of: command))
      carryOut(session.received(command), flushing: false)
    }
    flush()
  }

  func pinged(_ payload: ByteBuffer) {
    guard !isClosing else { return }
    write(ServerFrame.pong(payload))
    flush()
  }

  /// The client sent a close frame, or answered ours.
  func receivedClose() {
    if !isClosing {
      carryOut(session.closed())
      write(ServerFrame.close(Disconnect(code: 1000, reason: "")))
      flush()
      isClosing = true
    }
    channel.close(promise: nil)
  }

  /// The channel is closed.
  func ended() {
    carryOut(session.closed())
    jobsContinuation.finish()
  }

  func writabilityChanged(to isWritable: Bool) {
    bytesSinceWritable = 0
    unwritableSince = isWritable ? nil : .now()
  }

  /// Closes, saying why.
  func disconnect(_ reason: Disconnect) {
    carryOut(session.disconnect(reason))
  }

  /// The server goes down: closes after a while that differs from client to client, so that not all come back at once.
  func shutDown(within spread: Duration) {
    let delay = TimeAmount.nanoseconds(Int64.random(in: 0...max(0, TimeAmount(spread).nanoseconds)))
    channel.eventLoop.scheduleTask(in: delay) { self.assumeIsolated { $0.disconnect(.shutdown) } }
  }

  // MARK: From the hub, on the same loop

  /// True when something was written that wants a flush.
  func deliver(_ run: EventRun) -> Bool {
    guard !isClosing else { return false }
    switch session.delivered(run) {
    case .none: return false
    case .whole: writeEvents(run.frames, count: run.pushes.count)
    case .from(let place): writeEvents(format.frames(run.pushes[place...]), count: run.pushes.count - place)
    case .gap:
      resync(run.queue)
      return false
    }
    return true
  }

  func resync(_ queue: QueueName) {
    services.metrics.resync()
    carryOut(session.resync(queue))
  }

  func flush() { channel.flush() }

  /// The rights of these users changed, by id.
  func rightsChanged(_ changed: [String: CurrentRights]) {
    guard let mine = session.principal, let rights = changed[mine.id] else { return }
    switch rights.verdict(on: mine) {
    case .current, .unknown: break
    case .outdated: disconnect(.forceReconnect)
    case .disabled: disconnect(.forceNoReconnect)
    }
  }

  // MARK: Ends of jobs

  /// The token is compared with its user's rights here, in the turn in which the session takes it: a change is known to
  /// `rights` before `rightsChanged` is called, so that it meets the session in one of the two places.
  func tokenVerified(_ command: UInt32, _ result: Result<AccessToken, TokenFault>) {
    var result = result
    if case .success(let token) = result {
      switch services.rights.verdict(on: token) {
      case .current: break
      // A client that refreshes would take error 109 for the end; sent back, it asks for a new token.
      case .outdated where session.phase == .connected: return disconnect(.forceReconnect)
      case .outdated: result = .failure(.expired)
      case .disabled: return disconnect(.forceNoReconnect)
      case .unknown: result = .failure(.noKeys)
      }
    }
    carryOut(session.tokenVerified(command, result, now: services.clock.seconds))
    if case .success(let token) = result {
      logger.debug("connected", metadata: ["user": "\(token.principal.id)"])
    }
  }

  func rpcEnded(_ command: UInt32, _ result: Result<[UInt8], GatewayError>) {
    carryOut(session.rpcEnded(command, result))
  }

  func loaded(_ load: ChannelLoad, _ result: Result<LoadedChannel, ReplyError>) {
    carryOut(session.loaded(load, result))
  }
}

// MARK: - Carrying out

extension ConnectionActor {
  private func carryOut(_ actions: [CentrifugeSession.Action], flushing: Bool = true) {
    for action in actions {
      switch action {
      case .send(let reply): write(format.frames([format.encode(reply)]))
      case .verify(let command, let token): start(.verify(command, token: token))
      case .join(let queue, let view): hub.assumeIsolated { $0.join(self, queue, Audience(view: view, format: format)) }
      case .leave(let queue, let view):
        hub.assumeIsolated { $0.leave(self, queue, Audience(view: view, format: format)) }
      case .load(let load): start(.load(load))
      case .rpc(let command, let method, let data, let principal):
        start(.rpc(command, method: method, data: data, principal))
      case .push(let run, let place):
        writeEvents(
          place == 0 ? run.frames : format.frames(run.pushes[place...]), count: run.pushes.count - place)
      case .schedule(let timer, let delay): schedule(timer, delay)
      case .cancel(let timer): timers.removeValue(forKey: timer)?.cancel()
      case .disconnect(let reason): close(reason)
      }
    }
    if flushing, !actions.isEmpty { flush() }
  }

  private func start(_ job: ConnectionJob) { jobsContinuation.yield(job) }

  private func schedule(_ timer: CentrifugeSession.Timer, _ delay: Duration) {
    timers.removeValue(forKey: timer)?.cancel()
    timers[timer] = channel.eventLoop.scheduleTask(in: TimeAmount(delay)) {
      self.assumeIsolated { $0.fired(timer) }
    }
  }

  private func fired(_ timer: CentrifugeSession.Timer) {
    timers[timer] = nil
    if timer == .pong, let since = unwritableSince, !isClosing {
      // The ping stands behind what the client is still taking, such as a large snapshot.
      guard .now() - since < TimeAmount(services.configuration.slowReaderTime) else {
        services.metrics.slowClose()
        return carryOut(session.disconnect(.slow))
      }
      return schedule(.pong, services.configuration.session.pongTimeout)
    }
    carryOut(session.fired(timer))
  }

  private func write(_ buffer: ByteBuffer) {
    guard !isClosing else { return }
    socket.value.write(buffer, promise: nil)
  }

  /// Events are what a slow reader is measured by: replies it asked for itself.
  private func writeEvents(_ buffer: ByteBuffer, count: Int) {
    guard !isClosing else { return }
    if !channel.isWritable {
      bytesSinceWritable += buffer.readableBytes
      guard bytesSinceWritable <= services.configuration.slowReaderBytes else {
        services.metrics.slowClose()
        logger.info("slow reader cut off")
        return carryOut(session.disconnect(.slow))
      }
    }
    services.metrics.delivered(count)
    write(buffer)
  }

  /// Writes the close frame and closes when the client has answered it, or after a while.
  private func close(_ reason: Disconnect) {
    guard !isClosing else { return }
    logger.debug("disconnect", metadata: ["code": "\(reason.code)"])
    services.metrics.disconnect(reason.code)
    write(ServerFrame.close(reason))
    flush()
    isClosing = true
    let channel = channel
    channel.eventLoop.scheduleTask(in: TimeAmount(services.configuration.closeTimeout)) { channel.close(promise: nil) }
  }

  private static func method(of command: ClientCommand) -> String {
    guard case .rpc(let method, _) = command.body else { return "" }
    return CommandDesk.methods.contains(method) ? method : "unknown"
  }
}
