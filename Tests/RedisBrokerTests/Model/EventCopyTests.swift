import Testing

@testable import ServiceQueue

/// A client that begins with nothing and applies events alone has the queue, in its order and with its digest.
@Suite struct EventCopyTests {
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func aCopyBuiltFromEventsIsTheQueue(seed: UInt64) throws {
    var generator = ActionGenerator(seed: seed)
    let epoch = try #require(Epoch("e1"))
    let epochs = Dictionary(uniqueKeysWithValues: Cast.queues.map { ($0, epoch) })
    var side = ModelSide(policy: Cast.policies[0], start: generator.start, epochs: epochs)
    var copies = Dictionary(uniqueKeysWithValues: Cast.queues.map { ($0, Copy()) })
    for _ in 0..<1_500 {
      let resolved = side.resolve(generator.next(side.model))
      // A new epoch begins with a snapshot, which is not what is tested here.
      if case .assure = resolved { continue }
      _ = side.apply(resolved)
      for (queue, copy) in copies {
        guard
          case .events(let events, _, _) = try side.model.events(
            of: queue, epoch: epoch, after: copy.version, limit: .max)
        else {
          Issue.record("gone")
          return
        }
        for event in events { try copies[queue]?.apply(event) }
      }
    }
    for (queue, copy) in copies {
      let snapshot = try side.model.snapshot(of: queue, limit: .max)
      #expect(copy.sorted == snapshot.services)
      #expect(copy.version == snapshot.summary.version)
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
      #expect(snapshot.summary.counts.waiting == snapshot.services.count { $0.state == .waiting })
    }
  }

  private struct Copy {
    var version: QueueVersion = 0
    private var services: [ServiceID: Service] = [:]

    var sorted: [Service] { services.values.sorted { Service.stands($0, before: $1) } }

    mutating func apply(_ event: QueueEvent) throws {
      try #require(event.version == version + 1)
      version = event.version
      switch event.change {
      case .renumbered(let list):
        let before = sorted.map(\.id)
        for item in list { services[item.id]?.order = item.order }
        #expect(list.count <= 512 && sorted.map(\.id) == before)
      case .mode: break
      case .transferred(let service): services[service.id] = nil
      case .added, .updated, .moved, .claimed, .started, .held, .resumed, .returned, .completed, .noShow, .removed,
        .dead:
        if let service = event.change.service { services[service.id] = service.state.isLive ? service : nil }
      }
      // Not each time: it is a look at all services.
      if version % 40 == 0 { #expect(event.digest == QueueDigest(of: services.values)) }
    }
  }
}
