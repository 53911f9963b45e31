import ServiceQueue

/// The client's half of the protocol for a client that only reads, such as an event stream's: it connects with the request's
/// token and subscribes to one queue; when the server ends the subscription it subscribes anew, from a snapshot; an error
/// ends the stream, since there is nobody to tell it to. Pure.
struct StreamClient: Sendable {
  /// What follows on a reply.
  enum Step: Hashable, Sendable {
    case say(ClientCommand)
    case end(Disconnect)
  }

  let token: String
  let queue: QueueName
  /// The most services of a snapshot; nil for the server's default.
  let limit: Int?
  /// Where the client was when it was there last; nil begins with a snapshot.
  let position: (epoch: Epoch, version: QueueVersion)?

  /// What it says first.
  var opening: [ClientCommand] {
    var request = subscribing
    if let position {
      request.recovers = true
      request.epoch = position.epoch.rawValue
      request.offset = position.version
    }
    return [
      ClientCommand(id: 1, body: .connect(token: token)), ClientCommand(id: 2, body: .subscribe(request)),
    ]
  }

  /// What it does about a reply; nil for nothing.
  func step(after reply: ServerReply) -> Step? {
    switch reply {
    case .unsubscribed: .say(ClientCommand(id: 3, body: .subscribe(subscribing)))
    case .error(_, let error):
      // What may pass is a reason to come back; for the rest the request would be refused.
      .end(Disconnect(code: error.temporary ? Disconnect.serverError.code : 3501, reason: error.message))
    case .ping, .connect, .refresh, .subscribe, .unsubscribe, .presence, .presenceStats, .history, .rpc, .pong, .join,
      .leave:
      nil
    }
  }

  private var subscribing: SubscribeRequest {
    var request = SubscribeRequest(channel: ChannelName.name(of: queue))
    request.data = limit.map { .object(JSONObject([.init(name: "limit", value: .number(JSONNumber(Int64($0))))])) }
    return request
  }
}
