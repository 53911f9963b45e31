import ServiceQueue

/// A client's subscription to one queue: being loaded, with the events that came meanwhile, or live at a version.
struct Subscription: Sendable {
  let view: ViewLevel
  /// The subscribe command that made it, to tell its load from one of an earlier subscription.
  let command: UInt32
  /// The client wants to be told who comes and goes, and may be.
  let wantsJoinLeave: Bool
  /// What waits for the load: events and the client's further commands about the channel.
  private(set) var buffered: [EventRun] = []
  var postponed: [ClientCommand] = []
  /// Events were lost while it was being loaded.
  var overflowed = false

  private var bufferedEvents = 0
  private var position: (epoch: Epoch, version: QueueVersion)?

  init(view: ViewLevel, command: UInt32, wantsJoinLeave: Bool) {
    self.view = view
    self.command = command
    self.wantsJoinLeave = wantsJoinLeave
  }

  var isLoading: Bool { position == nil }

  mutating func becomeLive(at version: QueueVersion, of epoch: Epoch) {
    position = (epoch, version)
    buffered = []
    postponed = []
  }

  mutating func take(_ run: EventRun, bound: Int) -> CentrifugeSession.Delivery {
    guard let position else {
      keep(run, bound: bound)
      return .none
    }
    guard run.epoch == position.epoch else { return .gap }
    guard run.last > position.version else { return .none }
    guard run.first <= position.version + 1 else { return .gap }
    self.position = (position.epoch, run.last)
    return run.first == position.version + 1 ? .whole : .from(Int(position.version + 1 - run.first))
  }

  private mutating func keep(_ run: EventRun, bound: Int) {
    guard !overflowed else { return }
    bufferedEvents += run.pushes.count
    if bufferedEvents > bound {
      overflowed = true
      buffered = []
    } else {
      buffered.append(run)
    }
  }
}

/// What is to be loaded for a subscriber.
struct ChannelLoad: Sendable {
  let command: UInt32
  let queue: QueueName
  let view: ViewLevel
  /// The most services of a snapshot.
  let limit: Int
  /// Where the client was, when it wants to recover.
  let position: (epoch: String, offset: UInt64)?
  /// Error 112 rather than a snapshot where it cannot recover.
  let refusesUnrecovered: Bool
}
