import NIOCore

/// From the channel, on its loop.
extension ConnectionActor: SocketReceiver {
  nonisolated func opened() { assumeIsolated { $0.begin() } }

  nonisolated func received(_ message: [UInt8], _ kind: FrameReader.Kind) { assumeIsolated { $0.take(message) } }

  nonisolated func pinged(_ payload: [UInt8]) { assumeIsolated { $0.answer(ping: payload) } }

  nonisolated func receivedClose(_ code: UInt16) { assumeIsolated { $0.closed(by: code) } }

  nonisolated func violated(_ violation: FrameViolation) {
    assumeIsolated { $0.disconnect(Disconnect(code: violation.code, reason: violation.reason)) }
  }

  nonisolated func writabilityChanged(to isWritable: Bool) {
    assumeIsolated {
      $0.bytesSinceWritable = 0
      $0.unwritableSince = isWritable ? nil : .now()
    }
  }

  /// Closes after a while that differs from client to client, so that not all come back at once.
  nonisolated func quiesce() {
    guard assumeIsolated({ $0.session.phase == .connected }) else {
      return assumeIsolated { $0.disconnect(.goingAway) }
    }
    let spread = TimeAmount(services.configuration.shutdownSpread).nanoseconds
    let delay = TimeAmount.nanoseconds(Int64.random(in: 0...max(0, spread)))
    channel.eventLoop.scheduleTask(in: delay) { self.assumeIsolated { $0.disconnect(.shutdown) } }
  }

  nonisolated func ended() { assumeIsolated { $0.end() } }

  private func begin() {
    seat = hub.assumeIsolated { $0.takeSeat(self) }
    carryOut(session.opened())
    for command in stream?.opening ?? [] { carryOut(session.received(command)) }
  }

  private func take(_ message: [UInt8]) {
    guard !isClosing else { return }
    let fits = rate.frame(of: message.count, at: Self.now, services.configuration.rate)
    guard let commands = try? format.commands(in: message) else {
      return carryOut(session.receivedGarbage())
    }
    for command in commands {
      services.metrics.command(command.body.name, method: Self.method(of: command))
      switch fits == .pass ? rating(of: command) : fits {
      case .pass: carryOut(session.received(command), flushing: false)
      case .refuse: refuse(command)
      case .cut: return disconnect(.tooManyErrors)
      }
    }
    flush()
  }

  private func answer(ping payload: [UInt8]) {
    guard !isClosing else { return }
    switch rate.frame(of: payload.count, at: Self.now, services.configuration.rate) {
    case .pass:
      write(ServerFrame.pong(payload))
      flush()
    case .refuse: break
    case .cut: disconnect(.tooManyErrors)
    }
  }

  static var now: Int64 { Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds) }

  /// The answer to a ping of the server costs nothing: it comes as often as the server likes.
  private func rating(of command: ClientCommand) -> CommandRate.Verdict {
    if case .pong = command.body { return .pass }
    return rate.command(at: Self.now, services.configuration.rate)
  }

  private func refuse(_ command: ClientCommand) {
    services.metrics.overRate()
    if command.id != 0 { carryOut([.send(.error(command.id, .tooManyRequests))], flushing: false) }
  }

  /// The client's close frame is answered, unless it answers ours.
  private func closed(by code: UInt16) {
    if !isClosing {
      carryOut(session.closed())
      write(ServerFrame.close(Disconnect(code: code, reason: "")))
      flush()
      isClosing = true
    }
    channel.close(promise: nil)
  }

  private func end() {
    carryOut(session.closed())
    isClosing = true
    if let seat { hub.assumeIsolated { $0.leaveSeat(seat) } }
    seat = nil
    services.connections.remove(self)
  }
}
