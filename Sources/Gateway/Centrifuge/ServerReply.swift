import ServiceQueue

/// What the server says to a client, whatever the wire format. `id` is that of the command that is answered.
enum ServerReply: Hashable, Sendable {
  /// The server's ping: the empty reply.
  case ping
  case error(UInt32, ReplyError)
  case connect(UInt32, SessionTerms)
  case refresh(UInt32, SessionTerms)
  case subscribe(UInt32, LoadedChannel)
  case unsubscribe(UInt32)
  case presence(UInt32, [PresenceEntry])
  case presenceStats(UInt32, connections: Int, users: Int)
  case history(UInt32, ChannelPage)
  /// `data` is JSON.
  case rpc(UInt32, data: [UInt8])
  /// The answer to a client's ping command.
  case pong(UInt32)
  /// The server ended the subscription to the queue.
  case unsubscribed(QueueName, Unsubscribe)
  /// A connection has come to watch the queue.
  case join(QueueName, PresenceEntry)
  /// A connection no longer watches the queue.
  case leave(QueueName, PresenceEntry)
}

/// What connect and refresh tell of the connection.
struct SessionTerms: Hashable, Sendable {
  /// The connection's name.
  let client: String
  /// The server's version.
  let version: String
  /// Seconds until the token ends.
  let ttl: Int64
  /// The interval of the server's pings, in seconds; told at connect.
  let ping: Int
  /// The time of day at the server, in milliseconds since 1970; told at connect, so that a client can compare its clock with
  /// the `at` of events.
  let time: Int64
}

/// One event as it goes to the subscribers of a view.
struct Publication: Hashable, Sendable {
  /// The event, JSON.
  let data: [UInt8]
  /// The queue's version after it.
  let offset: QueueVersion
}

/// The names of channels: `queue:NAME`.
enum ChannelName {
  private static let prefix = "queue:"

  static func name(of queue: QueueName) -> String { prefix + queue.rawValue }

  /// Nil for a channel that cannot be one of Usher's.
  static func queue(_ channel: String) -> QueueName? {
    guard channel.hasPrefix(prefix) else { return nil }
    return QueueName(String(channel.dropFirst(prefix.count)))
  }
}

/// What a subscriber begins with.
struct LoadedChannel: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    /// The snapshot at `version`, JSON.
    case snapshot([UInt8])
    /// The publications from the client's offset to `version`.
    case recovered([Publication])
  }

  let epoch: Epoch
  let version: QueueVersion
  let content: Content
  let wasRecovering: Bool

  /// About so many bytes.
  var size: Int {
    switch content {
    case .snapshot(let data): data.count
    case .recovered(let publications): publications.size
    }
  }
}

extension [Publication] {
  /// About so many bytes on the wire.
  var size: Int { reduce(0) { $0 + $1.data.count + 32 } }
}

/// Some of a queue's last events.
struct ChannelPage: Hashable, Sendable {
  /// The stream's epoch and its end, whatever was asked for.
  let epoch: Epoch
  let version: QueueVersion
  /// In the order that was asked for.
  let publications: [Publication]
}

extension PresenceEntry {
  /// What subscribers are told of a connection besides its name and its user's id: JSON `{name, level}`.
  var connectionInfo: [UInt8] {
    var json = JSONWriter(capacity: 64)
    json.object {
      $0.key("name")
      $0.string(name)
      $0.key("level")
      $0.string(level.rawValue)
    }
    return json.bytes
  }
}
