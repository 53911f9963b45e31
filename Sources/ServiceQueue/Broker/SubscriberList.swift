/// Everyone who follows the events. Each has a bounded buffer; who is slower than it keeps what was there, loses the
/// newer batches, and gets one `.reset(nil)` in their place as soon as there is room again.
public struct SubscriberList {
  /// Batches in a subscriber's buffer, at most.
  public static let bound = 1_024

  private struct Subscriber {
    let continuation: AsyncStream<EventBatch>.Continuation
    var hasLost = false
  }

  private var subscribers: [Subscriber] = []
  private var isFinished = false

  /// How many follow.
  public var count: Int { subscribers.count }

  /// Nobody.
  public init() {}

  /// A subscription to everything that is sent from now on; an ended one after `finish`.
  public mutating func add() -> EventSubscription {
    let (stream, continuation) = AsyncStream.makeStream(
      of: EventBatch.self, bufferingPolicy: .bufferingOldest(Self.bound))
    if isFinished { continuation.finish() } else { subscribers.append(Subscriber(continuation: continuation)) }
    return EventSubscription(batches: stream)
  }

  /// Sends `batch` to all; answers how many subscribers' buffers overflowed by it.
  public mutating func send(_ batch: EventBatch) -> Int {
    var overflows = 0
    var index = 0
    while index < subscribers.count {
      switch Self.deliver(batch, to: &subscribers[index]) {
      case .enqueued: index += 1
      case .dropped(let isFirst):
        if isFirst { overflows += 1 }
        index += 1
      case .terminated: subscribers.remove(at: index)
      }
    }
    return overflows
  }

  /// Tells those who lost something, if there is room now.
  public mutating func recoverLost() {
    for index in subscribers.indices where subscribers[index].hasLost { _ = Self.recover(&subscribers[index]) }
  }

  private enum Delivery {
    case enqueued
    case dropped(isFirst: Bool)
    case terminated
  }

  private static func deliver(_ batch: EventBatch, to subscriber: inout Subscriber) -> Delivery {
    guard recover(&subscriber) else { return .dropped(isFirst: false) }
    switch subscriber.continuation.yield(batch) {
    case .enqueued: return .enqueued
    case .dropped:
      subscriber.hasLost = true
      return .dropped(isFirst: true)
    case .terminated: return .terminated
    @unknown default: return .terminated
    }
  }

  /// True when nothing is lost, or its reset has found room.
  private static func recover(_ subscriber: inout Subscriber) -> Bool {
    guard subscriber.hasLost else { return true }
    if case .dropped = subscriber.continuation.yield(.reset(nil)) { return false }
    subscriber.hasLost = false
    return true
  }

  /// Ends every subscription, after what is in its buffer.
  public mutating func finish() {
    isFinished = true
    for subscriber in subscribers { subscriber.continuation.finish() }
    subscribers = []
  }
}
