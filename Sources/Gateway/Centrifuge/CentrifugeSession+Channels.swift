import ServiceQueue

/// The channels that a client subscribes to.
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
      actions = [.send(.subscribe(load.command, channel)), .joined(load.queue)]
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
    return ended(subscription, of: queue) + [.send(.unsubscribed(queue, .insufficientState))]
  }

  /// True when the client is to be told who comes to the queue and goes.
  func wantsPresence(of queue: QueueName) -> Bool {
    guard let subscription = subscriptions[queue] else { return false }
    return subscription.wantsJoinLeave && !subscription.isLoading
  }

  /// What to do once a subscription is taken out.
  func ended(_ subscription: Subscription, of queue: QueueName) -> [Action] {
    let leave = Action.leave(queue, subscription.view)
    return subscription.isLoading ? [leave] : [leave, .left(queue)]
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
