import ServiceQueue

/// One command of the Centrifuge client protocol, version 2, as far as Usher reads it.
struct ClientCommand: Hashable, Sendable {
  /// The client's number for it; the reply has the same. 0 only for pongs and `send`.
  let id: UInt32
  let body: Body

  enum Body: Hashable, Sendable {
    /// The empty command: the answer to a server ping.
    case pong
    /// `name`, `version` and `data` of the client are passed over, and so are `subs`: where it was in channels to which the
    /// server had subscribed it, which Usher never does.
    case connect(token: String)
    case refresh(token: String)
    case subscribe(SubscribeRequest)
    case unsubscribe(channel: String)
    case presence(channel: String)
    case presenceStats(channel: String)
    case history(HistoryRequest)
    case rpc(method: String, data: JSONValue?)
    case ping
    /// A message without reply.
    case send
    /// What the protocol has and Usher does not offer, by name: `publish` and `sub_refresh`.
    case unsupported(String)

    /// The name for metrics.
    var name: String {
      switch self {
      case .pong: "pong"
      case .connect: "connect"
      case .refresh: "refresh"
      case .subscribe: "subscribe"
      case .unsubscribe: "unsubscribe"
      case .presence: "presence"
      case .presenceStats: "presence_stats"
      case .history: "history"
      case .rpc: "rpc"
      case .ping: "ping"
      case .send: "send"
      case .unsupported: "unsupported"
      }
    }
  }
}

/// What a client asks when it subscribes.
struct SubscribeRequest: Hashable, Sendable {
  let channel: String
  /// The client has been there before, at `offset` of `epoch`.
  var recovers = false
  var epoch = ""
  var offset: UInt64 = 0
  /// The client wants error 112 rather than a fresh snapshot when it cannot recover.
  var refusesUnrecovered = false
  /// The client wants to be told who comes and goes.
  var joinLeave = false
  /// `data`: what Usher's subscribers may say, unchecked as yet.
  var data: JSONValue?

  /// The bit of `flag` that means `refusesUnrecovered`.
  static let rejectUnrecoveredFlag: Int64 = 2
}

/// What a client asks of a channel's history.
struct HistoryRequest: Hashable, Sendable {
  /// A place in a channel's stream.
  struct Position: Hashable, Sendable {
    let offset: UInt64
    /// Empty for whichever epoch there is.
    let epoch: String
  }

  let channel: String
  /// 0 asks for the stream's position alone, less than 0 for as much as a page holds.
  var limit = 0
  /// Not itself among what is answered; nil for the stream's end from which `reverse` says to begin.
  var since: Position?
  /// Newest first, going back.
  var reverse = false
}
