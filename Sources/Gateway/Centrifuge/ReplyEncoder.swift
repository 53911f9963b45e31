import ServiceQueue

/// Writes replies and pushes: one JSON object each, without the newline between them.
enum ReplyEncoder {
  /// The server's ping: the empty reply.
  static let ping = Array("{}".utf8)

  static func error(_ id: UInt32, _ error: ReplyError) -> [UInt8] {
    reply(id) {
      $0.key("error")
      $0.object {
        $0.key("code")
        $0.number(error.code)
        $0.key("message")
        $0.string(error.message)
        if error.temporary {
          $0.key("temporary")
          $0.bool(true)
        }
      }
    }
  }

  /// `ttl` is in seconds; `ping` is the interval of the server's pings in seconds.
  static func connect(_ id: UInt32, client: String, version: String, ttl: Int64, ping: Int) -> [UInt8] {
    reply(id) {
      $0.key("connect")
      $0.object {
        session(&$0, client, version, ttl)
        $0.key("ping")
        $0.number(ping)
        $0.key("pong")
        $0.bool(true)
      }
    }
  }

  static func refresh(_ id: UInt32, client: String, version: String, ttl: Int64) -> [UInt8] {
    reply(id) {
      $0.key("refresh")
      $0.object {
        session(&$0, client, version, ttl)
      }
    }
  }

  /// What connect and refresh tell alike.
  private static func session(_ json: inout JSONWriter, _ client: String, _ version: String, _ ttl: Int64) {
    json.key("client")
    json.string(client)
    json.key("version")
    json.string(version)
    json.key("expires")
    json.bool(true)
    json.key("ttl")
    json.number(ttl)
  }

  static func subscribe(_ id: UInt32, _ loaded: LoadedChannel) -> [UInt8] {
    reply(id, capacity: loaded.size + 256) {
      $0.key("subscribe")
      $0.object { result in
        result.key("recoverable")
        result.bool(true)
        result.key("epoch")
        result.string(loaded.epoch.rawValue)
        result.key("offset")
        result.number(loaded.version)
        result.key("positioned")
        result.bool(true)
        if loaded.wasRecovering {
          result.key("was_recovering")
          result.bool(true)
        }
        switch loaded.content {
        case .recovered(let publications):
          result.key("recovered")
          result.bool(true)
          result.key("publications")
          result.array { list in for publication in publications { list.raw(publication) } }
        case .snapshot(let data):
          if loaded.wasRecovering {
            result.key("recovered")
            result.bool(false)
          }
          result.key("data")
          result.raw(data)
        }
      }
    }
  }

  static func unsubscribe(_ id: UInt32) -> [UInt8] {
    reply(id) {
      $0.key("unsubscribe")
      $0.object { _ in }
    }
  }

  /// `data` is JSON.
  static func rpc(_ id: UInt32, data: [UInt8]) -> [UInt8] {
    reply(id, capacity: data.count + 48) {
      $0.key("rpc")
      $0.object {
        $0.key("data")
        $0.raw(data)
      }
    }
  }

  static func ping(_ id: UInt32) -> [UInt8] {
    reply(id) {
      $0.key("ping")
      $0.object { _ in }
    }
  }

  /// A publication as it stands in a subscribe reply or a push; `data` is JSON.
  static func publication(_ data: [UInt8], offset: QueueVersion) -> [UInt8] {
    var json = JSONWriter(capacity: data.count + 32)
    json.object {
      $0.key("data")
      $0.raw(data)
      $0.key("offset")
      $0.number(offset)
    }
    return json.bytes
  }

  static func push(_ publication: [UInt8], to queue: QueueName) -> [UInt8] {
    push(to: queue, capacity: publication.count + 96) {
      $0.key("pub")
      $0.raw(publication)
    }
  }

  static func push(_ unsubscribe: Unsubscribe, to queue: QueueName) -> [UInt8] {
    push(to: queue) {
      $0.key("unsubscribe")
      $0.object {
        $0.key("code")
        $0.number(unsubscribe.code)
        $0.key("reason")
        $0.string(unsubscribe.reason)
      }
    }
  }

  private static func push(
    to queue: QueueName, capacity: Int = 128, _ body: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter(capacity: capacity)
    json.object {
      $0.key("push")
      $0.object {
        $0.key("channel")
        $0.string(ChannelName.name(of: queue))
        body(&$0)
      }
    }
    return json.bytes
  }

  private static func reply(
    _ id: UInt32, capacity: Int = 192, _ body: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter(capacity: capacity)
    json.object {
      $0.key("id")
      $0.number(id)
      body(&$0)
    }
    return json.bytes
  }
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
    /// The publications from the client's offset to `version`, each JSON.
    case recovered([[UInt8]])
  }

  let epoch: Epoch
  let version: QueueVersion
  let content: Content
  let wasRecovering: Bool

  /// About so many bytes of JSON.
  var size: Int {
    switch content {
    case .snapshot(let data): data.count
    case .recovered(let publications): publications.reduce(0) { $0 + $1.count + 1 }
    }
  }
}
