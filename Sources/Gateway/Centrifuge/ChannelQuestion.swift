import ServiceQueue

/// What a client asks about a channel, and may ask.
struct ChannelQuestion: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case presence
    case presenceStats
    case history(HistoryRequest)
  }

  let queue: QueueName
  let view: ViewLevel
  let kind: Kind
}
