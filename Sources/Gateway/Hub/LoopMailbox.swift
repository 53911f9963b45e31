import NIOCore
import ServiceQueue

/// What waits for one event loop: pure. While a loop is busy runs pile up here, and those of one audience that follow each other
/// leave as one, so that a connection gets them in one write.
///
/// Bounds: `mostEvents` and `mostBytes`. What would pass them is dropped together with all that waits of its queue, and a reset
/// takes its place: the queue's subscribers on this loop are asked to subscribe again, which recovers what they missed. Presence
/// that would pass them is dropped alone.
struct LoopMailbox: Sendable {
  static let mostEvents = 16_384
  static let mostBytes = 32 * 1_024 * 1_024
  /// Runs are joined up to so many bytes: a quarter of what a connection's channel takes before it counts as slow.
  static let joinedBytes = 256 * 1_024

  private var messages: [HubMessage] = []
  private var events = 0
  private var bytes = 0

  var isEmpty: Bool { messages.isEmpty }

  /// The number of queues' resets that overflows made.
  private(set) var overflows = 0

  mutating func append(_ message: HubMessage) {
    switch message {
    case .reset: break
    case .presence(let push, _):
      let size = push.frames.readableBytes
      guard bytes + size <= Self.mostBytes else { return }
      bytes += size
    case .run(let run, _):
      let size = run.frames.readableBytes
      guard events + run.pushes.count <= Self.mostEvents, bytes + size <= Self.mostBytes else {
        return drop(run.queue)
      }
      events += run.pushes.count
      bytes += size
    }
    messages.append(message)
  }

  /// Everything, in order within each queue; afterwards the mailbox is empty.
  mutating func take() -> [HubMessage] {
    let all = messages
    messages = []
    events = 0
    bytes = 0
    return all.count > 1 ? Self.joined(all) : all
  }

  private mutating func drop(_ queue: QueueName) {
    messages.removeAll { message in
      guard case .run(let run, _) = message, run.queue == queue else { return false }
      events -= run.pushes.count
      bytes -= run.frames.readableBytes
      return true
    }
    if case .reset(queue) = messages.last { return }
    messages.append(.reset(queue))
    overflows += 1
  }

  /// Joins runs of one audience that follow each other, between messages that are no runs.
  private static func joined(_ messages: [HubMessage]) -> [HubMessage] {
    var result = [HubMessage]()
    var groups = [RunGroup]()
    func close() {
      for group in groups { result.append(group.message) }
      groups = []
    }
    for message in messages {
      guard case .run(let run, let audience) = message else {
        close()
        result.append(message)
        continue
      }
      // Few: a group for every queue and audience that waits, and for every gap.
      if let index = groups.lastIndex(where: { $0.audience == audience && $0.queue == run.queue }),
        groups[index].take(run)
      {
        continue
      }
      groups.append(RunGroup(run, audience))
    }
    close()
    return result
  }
}

/// Runs that become one.
private struct RunGroup {
  let audience: Audience
  private var runs: [EventRun]
  private var events: Int
  private var bytes: Int

  var queue: QueueName { runs[0].queue }

  init(_ run: EventRun, _ audience: Audience) {
    self.audience = audience
    runs = [run]
    events = run.pushes.count
    bytes = run.frames.readableBytes
  }

  /// False when the run does not follow, or is too much.
  mutating func take(_ run: EventRun) -> Bool {
    let last = runs[runs.count - 1]
    guard run.epoch == last.epoch, run.first == last.last + 1, events + run.pushes.count <= QueueHub.runEvents,
      bytes + run.frames.readableBytes <= LoopMailbox.joinedBytes
    else { return false }
    runs.append(run)
    events += run.pushes.count
    bytes += run.frames.readableBytes
    return true
  }

  var message: HubMessage {
    let first = runs[0]
    guard runs.count > 1 else { return .run(first, audience) }
    return .run(
      EventRun(
        queue: first.queue, epoch: first.epoch, first: first.first, format: first.format,
        pushes: runs.flatMap(\.pushes)), audience)
  }
}
