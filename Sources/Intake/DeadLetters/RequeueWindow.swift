import ServiceQueue

/// Letters that were sent again and of which RabbitMQ has not said yet what became of them. Pure. Bounded in number and bytes.
struct RequeueWindow {
  /// One of them.
  struct Sent: Hashable {
    let id: DeadLetterID
    /// Its tag among the deliveries from the dead letters.
    let tag: UInt64
    /// As it was published.
    let message: Delivery
    var isReturned = false
  }

  /// What became of one.
  enum Fate: Hashable {
    /// A queue has it: it may leave the dead letters.
    case taken(Sent)
    /// No queue has it: it stays.
    case refused(Sent)
  }

  static let countLimit = 64
  static let byteLimit = 4 << 20

  private var waiting = ConfirmWindow<UInt64>()
  private var sent: [UInt64: Sent] = [:]
  private var bytes = 0

  var isEmpty: Bool { sent.isEmpty }
  /// False when answers must come first.
  var hasRoom: Bool { sent.count < Self.countLimit && bytes < Self.byteLimit }

  /// Remembers the publication `number`.
  mutating func published(_ number: UInt64, _ letter: Sent) {
    waiting.published(number, number)
    sent[number] = letter
    bytes += letter.message.body.count
  }

  /// Remembers that a message was returned: the oldest that is the same in all; where several are, they are one to RabbitMQ, too.
  /// False when none is, so that it is not known which one has no queue.
  mutating func returned(_ message: Delivery) -> Bool {
    let same = sent.filter { !$0.value.isReturned && $0.value.message.isSame(as: message) }
    guard let number = same.keys.min() else { return false }
    sent[number]?.isReturned = true
    return true
  }

  /// What a confirm decides.
  mutating func take(_ confirm: Confirm) -> [Fate] {
    waiting.take(confirm).compactMap { sent.removeValue(forKey: $0) }.map { letter in
      bytes -= letter.message.body.count
      return confirm.isPositive && !letter.isReturned ? .taken(letter) : .refused(letter)
    }
  }
}

extension Delivery {
  fileprivate func isSame(as other: Delivery) -> Bool {
    exchange == other.exchange && routingKey == other.routingKey && properties == other.properties
      && body == other.body
  }
}
