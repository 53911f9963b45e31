import ServiceQueue
import Synchronization

/// What the clients tell each other, so that they get in each other's way. Bounded: the newest 200 of each.
final class Board: Sendable {
  struct Claim: Sendable {
    let service: ServiceRef
    let fence: QueueVersion?
  }

  private struct Content {
    var services: [ServiceRef] = []
    var claims: [Claim] = []
    var missed: [ServiceRef] = []
    var isClosed = false
  }

  private let content = Mutex(Content())
  private static let most = 200

  /// False when the clients are to end.
  var isOpen: Bool { content.withLock { !$0.isClosed } }

  func close() { content.withLock { $0.isClosed = true } }

  func post(_ service: Service) {
    let ref = service.ref
    content.withLock { content in
      content.services.append(ref)
      if content.services.count > Self.most { content.services.removeFirst() }
      if service.state == .noShow { content.missed.append(ref) }
      if content.missed.count > Self.most { content.missed.removeFirst() }
    }
  }

  func post(_ claim: Claim) {
    content.withLock { content in
      content.claims.append(claim)
      if content.claims.count > Self.most { content.claims.removeFirst() }
    }
  }

  func service(_ random: inout SeededRandom) -> ServiceRef? {
    let list = content.withLock { $0.services }
    return list.isEmpty ? nil : random.pick(list)
  }

  func claim(_ random: inout SeededRandom) -> Claim? {
    let list = content.withLock { $0.claims }
    return list.isEmpty ? nil : random.pick(list)
  }

  func missed(_ random: inout SeededRandom) -> ServiceRef? {
    let list = content.withLock { $0.missed }
    return list.isEmpty ? nil : random.pick(list)
  }
}
