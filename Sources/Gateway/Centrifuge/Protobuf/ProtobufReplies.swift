import FoundationEssentials
import ServiceQueue
import SwiftProtobuf

/// Writes replies and pushes: each a message behind its length as a varint, so that several are joined by standing one
/// behind the other.
enum ProtobufReplies {
  static func encode(_ reply: ServerReply) -> [UInt8] { delimited(message(reply)) }

  static func push(_ publication: Publication, to queue: QueueName) -> [UInt8] {
    delimited(push(to: queue, .pub(self.publication(publication))))
  }

  private static func message(_ reply: ServerReply) -> WireReply {
    switch reply {
    case .ping: WireReply()
    case .error(let id, let error):
      answer(
        id,
        .error(
          .with {
            $0.code = error.code
            $0.message = error.message
            $0.temporary = error.temporary
          }))
    case .connect(let id, let terms): answer(id, .connect(connect(terms)))
    case .refresh(let id, let terms): answer(id, .refresh(refresh(terms)))
    case .subscribe(let id, let loaded): answer(id, .subscribe(subscribe(loaded)))
    case .unsubscribe(let id): answer(id, .unsubscribe(WireUnsubscribeResult()))
    case .presence(let id, let entries):
      answer(
        id,
        .presence(
          .with {
            for entry in entries { $0.presence[entry.connection] = clientInfo(entry) }
          }))
    case .presenceStats(let id, let connections, let users):
      answer(
        id,
        .presenceStats(
          .with {
            $0.numClients = UInt32(clamping: connections)
            $0.numUsers = UInt32(clamping: users)
          }))
    case .history(let id, let page):
      answer(
        id,
        .history(
          .with {
            $0.publications = page.publications.map(publication)
            $0.epoch = page.epoch.rawValue
            $0.offset = page.version
          }))
    case .rpc(let id, let data): answer(id, .rpc(.with { $0.data = Data(data) }))
    case .pong(let id): answer(id, .ping(WirePingResult()))
    case .unsubscribed(let queue, let reason):
      push(
        to: queue,
        .unsubscribe(
          .with {
            $0.code = reason.code
            $0.reason = reason.reason
          }))
    case .join(let queue, let entry): push(to: queue, .join(.with { $0.info = clientInfo(entry) }))
    case .leave(let queue, let entry): push(to: queue, .leave(.with { $0.info = clientInfo(entry) }))
    }
  }

  private static func connect(_ terms: SessionTerms) -> WireConnectResult {
    .with {
      $0.client = terms.client
      $0.version = terms.version
      $0.expires = true
      $0.ttl = UInt32(clamping: terms.ttl)
      $0.ping = UInt32(clamping: terms.ping)
      $0.pong = true
      $0.time = terms.time
    }
  }

  private static func refresh(_ terms: SessionTerms) -> WireRefreshResult {
    .with {
      $0.client = terms.client
      $0.version = terms.version
      $0.expires = true
      $0.ttl = UInt32(clamping: terms.ttl)
    }
  }

  private static func subscribe(_ loaded: LoadedChannel) -> WireSubscribeResult {
    .with {
      $0.recoverable = true
      $0.positioned = true
      $0.epoch = loaded.epoch.rawValue
      $0.offset = loaded.version
      $0.wasRecovering = loaded.wasRecovering
      switch loaded.content {
      case .recovered(let publications):
        $0.recovered = true
        $0.publications = publications.map(publication)
      case .snapshot(let data): $0.data = Data(data)
      }
    }
  }

  private static func publication(_ publication: Publication) -> WirePublication {
    .with {
      $0.data = Data(publication.data)
      $0.offset = publication.offset
    }
  }

  private static func clientInfo(_ entry: PresenceEntry) -> WireClientInfo {
    .with {
      $0.user = entry.user
      $0.client = entry.connection
      $0.connInfo = Data(entry.connectionInfo)
    }
  }

  private static func answer(_ id: UInt32, _ content: WireReply.OneOf_Content) -> WireReply {
    .with {
      $0.id = id
      $0.content = content
    }
  }

  private static func push(to queue: QueueName, _ content: WirePush.OneOf_Content) -> WireReply {
    .with {
      $0.push = .with {
        $0.channel = ChannelName.name(of: queue)
        $0.content = content
      }
    }
  }

  private static func delimited(_ message: WireReply) -> [UInt8] {
    guard let bytes: [UInt8] = try? message.serializedBytes() else {
      // proto3 has no required fields, and what a reply holds is bounded far below.
      preconditionFailure("only a message of more than 2 GB cannot be encoded")
    }
    var delimited = [UInt8]()
    delimited.reserveCapacity(bytes.count + 5)
    var rest = bytes.count
    while rest >= 0x80 {
      delimited.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    delimited.append(UInt8(rest))
    delimited += bytes
    return delimited
  }
}
