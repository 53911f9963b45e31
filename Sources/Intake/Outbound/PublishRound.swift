import ServiceQueue

/// One page of the outbox on its way to RabbitMQ: what of it is published, what is confirmed, and when all of it is done with. Pure.
///
/// A page is acknowledged as a whole, when RabbitMQ has confirmed everything of it, and the next one begins then: so memory holds one page,
/// and the events of a queue come in their order. Where RabbitMQ refuses one the round has failed, and is begun again after a pause.
struct PublishRound {
  /// What follows from a confirm.
  enum Action: Hashable {
    /// More must be confirmed.
    case wait
    /// Everything is safe: acknowledge these.
    case acknowledge([OutboxID])
    /// RabbitMQ did not take this many.
    case fail(Int)
  }

  /// What is to be published, in order.
  let events: [ServiceCloudEvent]
  private let ids: [OutboxID]
  private var unconfirmed = ConfirmWindow<Void>()
  private var isPublished = false
  /// RabbitMQ did not take some: whatever it says of the others, the page is not done with.
  private var hasFailed = false

  /// A round for the page; changes that nobody is told of are done with at once.
  init(_ page: [OutboxEntry]) {
    ids = page.map(\.id)
    events = page.compactMap { ServiceCloudEvent($0.event) }
  }

  /// How many are not confirmed.
  var unconfirmedCount: Int { unconfirmed.count }

  /// An event was published under this number, larger than any before.
  mutating func published(_ number: UInt64) { unconfirmed.published(number, ()) }

  /// All events are published.
  mutating func finishedPublishing() -> Action {
    isPublished = true
    return outcome
  }

  /// The server's word on some of them.
  mutating func take(_ confirm: Confirm) -> Action {
    let taken = unconfirmed.take(confirm).count
    if !confirm.isPositive, taken > 0 {
      hasFailed = true
      return .fail(taken)
    }
    return taken > 0 ? outcome : .wait
  }

  private var outcome: Action {
    isPublished && !hasFailed && unconfirmed.count == 0 ? .acknowledge(ids) : .wait
  }
}
