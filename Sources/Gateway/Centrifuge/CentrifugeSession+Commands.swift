import ServiceQueue

/// Commands of a connected client.
extension CentrifugeSession {
  mutating func receivedConnected(_ command: ClientCommand) -> [Action] {
    let id = command.id
    switch command.body {
    case .pong:
      guard awaitsPong else { return disconnect(.badRequest) }
      awaitsPong = false
      return [.cancel(.pong)]
    case .connect: return disconnect(.badRequest)
    // It has no reply in which it could be refused, and does no harm.
    case .send: return []
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
    case .presence(let channel): return ask(id, .presence, about: channel)
    case .presenceStats(let channel): return ask(id, .presenceStats, about: channel)
    case .history(let request): return ask(id, .history(request), about: request.channel)
    }
  }

  /// The channel's queue and how the user sees it.
  private func admission(to channel: String) throws(ReplyError) -> (QueueName, ViewLevel) {
    guard let principal, let view = ViewLevel(principal.level) else { throw .permissionDenied }
    guard let queue = ChannelName.queue(channel) else { throw .unknownChannel }
    guard AccessPolicy.allows(.observe, by: principal, in: queue) else { throw .permissionDenied }
    return (queue, view)
  }

  /// As in the protocol's own server the client need not be subscribed.
  private mutating func ask(_ id: UInt32, _ kind: ChannelQuestion.Kind, about channel: String) -> [Action] {
    do throws(ReplyError) {
      let (queue, view) = try admission(to: channel)
      // Names of employees, which a board does not see.
      if kind == .presence, view != .staff { throw .permissionDenied }
      guard inFlight < limits.inFlight else { throw .tooManyRequests }
      inFlight += 1
      return [.ask(id, ChannelQuestion(queue: queue, view: view, kind: kind))]
    } catch {
      return [.send(.error(id, error))]
    }
  }

  private mutating func subscribe(_ id: UInt32, _ request: SubscribeRequest, _ command: ClientCommand) -> [Action] {
    func refuse(_ error: ReplyError) -> [Action] { [.send(.error(id, error))] }
    let (queue, view): (QueueName, ViewLevel)
    do { (queue, view) = try admission(to: request.channel) } catch { return refuse(error) }
    if subscriptions[queue] != nil {
      return postpone(command, for: queue) ?? refuse(.alreadySubscribed)
    }
    let limit: Int
    do throws(GatewayError) {
      let arguments = try Arguments(request.data, known: ["limit"])
      limit = Int(try arguments.integer("limit", in: 0...Int64(BrokerLimits.snapshot)) ?? Int64(limits.snapshot))
    } catch {
      return refuse(ReplyError(code: ReplyError.badRequest.code, message: "bad request: data: \(error.message)"))
    }
    guard subscriptions.count < limits.subscriptions else { return refuse(.limitExceeded) }
    guard inFlight < limits.inFlight else { return refuse(.tooManyRequests) }
    inFlight += 1
    subscriptions[queue] = Subscription(
      view: view, command: id,
      // A board is not told who comes and goes, as it may not ask who is there.
      wantsJoinLeave: request.joinLeave && view == .staff)
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
      actions += ended(subscription, of: queue)
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
