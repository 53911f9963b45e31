import ServiceQueue

/// One command of the Centrifuge client protocol, version 2, as far as Usher reads it.
struct ClientCommand: Hashable, Sendable {
  /// The client's number for it; the reply has the same. 0 only for pongs and `send`.
  let id: UInt32
  let body: Body

  enum Body: Hashable, Sendable {
    /// The empty command: the answer to a server ping.
    case pong
    case connect(token: String)
    case refresh(token: String)
    case subscribe(SubscribeRequest)
    case unsubscribe(channel: String)
    case rpc(method: String, data: JSONValue?)
    case ping
    /// A message without reply.
    case send
    /// What the protocol has and Usher does not offer, by name.
    case unsupported(String)

    /// The name for metrics.
    var name: String {
      switch self {
      case .pong: "pong"
      case .connect: "connect"
      case .refresh: "refresh"
      case .subscribe: "subscribe"
      case .unsubscribe: "unsubscribe"
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
  /// `data`: what Usher's subscribers may say, unchecked as yet.
  var data: JSONValue?

  /// The bit of `flag` that means `refusesUnrecovered`.
  static let rejectUnrecoveredFlag: Int64 = 2
}
