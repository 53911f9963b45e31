import ServiceQueue

/// Writes replies and pushes: one JSON object each, without the newline between them.
enum JSONReplies {
  private static let ping = Array("{}".utf8)

  static func encode(_ message: ServerReply) -> [UInt8] {
    switch message {
    case .ping: ping
    case .error(let id, let error): self.error(id, error)
    case .connect(let id, let terms): connect(id, terms)
    case .refresh(let id, let terms): refresh(id, terms)
    case .subscribe(let id, let loaded): subscribe(id, loaded)
    case .unsubscribe(let id): empty("unsubscribe", id)
    case .presence(let id, let entries): presence(id, entries)
    case .presenceStats(let id, let connections, let users): presenceStats(id, connections, users)
    case .history(let id, let page): history(id, page)
    case .rpc(let id, let data): rpc(id, data)
    case .pong(let id): empty("ping", id)
    case .unsubscribed(let queue, let reason): unsubscribed(queue, reason)
    case .join(let queue, let entry): changed("join", queue, entry)
    case .leave(let queue, let entry): changed("leave", queue, entry)
    }
  }

  static func push(_ publication: Publication, to queue: QueueName) -> [UInt8] {
    push(to: queue, capacity: publication.data.count + 128) {
      $0.key("pub")
      $0.publication(publication)
    }
  }

  private static func error(_ id: UInt32, _ error: ReplyError) -> [UInt8] {
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

  private static func connect(_ id: UInt32, _ terms: SessionTerms) -> [UInt8] {
    reply(id) {
      $0.key("connect")
      $0.object {
        $0.terms(terms)
        $0.key("ping")
        $0.number(terms.ping)
        $0.key("pong")
        $0.bool(true)
        $0.key("time")
        $0.number(terms.time)
      }
    }
  }

  private static func refresh(_ id: UInt32, _ terms: SessionTerms) -> [UInt8] {
    reply(id) {
      $0.key("refresh")
      $0.object { $0.terms(terms) }
    }
  }

  private static func subscribe(_ id: UInt32, _ loaded: LoadedChannel) -> [UInt8] {
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
          result.array { list in for publication in publications { list.publication(publication) } }
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

  private static func presence(_ id: UInt32, _ entries: [PresenceEntry]) -> [UInt8] {
    reply(id, capacity: 192 * (entries.count + 1)) {
      $0.key("presence")
      $0.object {
        $0.key("presence")
        $0.object {
          for entry in entries {
            $0.key(dynamic: entry.connection)
            $0.clientInfo(entry)
          }
        }
      }
    }
  }

  private static func presenceStats(_ id: UInt32, _ connections: Int, _ users: Int) -> [UInt8] {
    reply(id) {
      $0.key("presence_stats")
      $0.object {
        $0.key("num_clients")
        $0.number(connections)
        $0.key("num_users")
        $0.number(users)
      }
    }
  }

  private static func history(_ id: UInt32, _ page: ChannelPage) -> [UInt8] {
    reply(id, capacity: page.publications.size + 256) {
      $0.key("history")
      $0.object {
        $0.key("publications")
        $0.array { list in for publication in page.publications { list.publication(publication) } }
        $0.key("epoch")
        $0.string(page.epoch.rawValue)
        $0.key("offset")
        $0.number(page.version)
      }
    }
  }

  private static func rpc(_ id: UInt32, _ data: [UInt8]) -> [UInt8] {
    reply(id, capacity: data.count + 48) {
      $0.key("rpc")
      $0.object {
        $0.key("data")
        $0.raw(data)
      }
    }
  }

  private static func empty(_ result: StaticString, _ id: UInt32) -> [UInt8] {
    reply(id) {
      $0.key(result)
      $0.object { _ in }
    }
  }

  private static func unsubscribed(_ queue: QueueName, _ reason: Unsubscribe) -> [UInt8] {
    push(to: queue) {
      $0.key("unsubscribe")
      $0.object {
        $0.key("code")
        $0.number(reason.code)
        $0.key("reason")
        $0.string(reason.reason)
      }
    }
  }

  private static func changed(_ push: StaticString, _ queue: QueueName, _ entry: PresenceEntry) -> [UInt8] {
    self.push(to: queue, capacity: 256) {
      $0.key(push)
      $0.object {
        $0.key("info")
        $0.clientInfo(entry)
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

extension JSONWriter {
  /// What connect and refresh tell alike.
  fileprivate mutating func terms(_ terms: SessionTerms) {
    key("client")
    string(terms.client)
    key("version")
    string(terms.version)
    key("expires")
    bool(true)
    key("ttl")
    number(terms.ttl)
  }

  /// A publication as it stands in a subscribe reply or a push.
  fileprivate mutating func publication(_ publication: Publication) {
    object {
      $0.key("data")
      $0.raw(publication.data)
      $0.key("offset")
      $0.number(publication.offset)
    }
  }

  /// A connection as it stands in presence and its pushes.
  fileprivate mutating func clientInfo(_ entry: PresenceEntry) {
    object {
      $0.key("user")
      $0.string(entry.user)
      $0.key("client")
      $0.string(entry.connection)
      $0.key("conn_info")
      $0.raw(entry.connectionInfo)
    }
  }
}
