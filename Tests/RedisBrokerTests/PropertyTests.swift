import RedisBroker
import ServiceQueue
import Testing

@Suite struct PropertyTests {
  /// A generator with a seed, so that a failure can be repeated.
  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func aCopyBuiltFromEventsIsTheQueue(seed: UInt64) async throws {
    try await withBroker { broker in
      var random = Seeded(state: seed)
      let queue = try queueName("a")
      var submitter = Submitter()
      var copy = QueueCopy(try await broker.snapshot(of: queue, limit: 5_000))
      var known: [Service] = []
      for _ in 0..<300 {
        if known.isEmpty || Int.random(in: 0..<10, using: &random) == 0 {
          let batch = try (0..<Int.random(in: 1...12, using: &random)).map { _ in
            try submitter.make(priority: try #require(Priority(Int.random(in: 0...9, using: &random))))
          }
          for outcome in try await broker.submit(batch) {
            if case .stored(let service, _) = outcome { known.append(service) }
          }
          continue
        }
        let service = known[Int.random(in: 0..<known.count, using: &random)]
        // Few targets, so that gaps are used up.
        let other = known[Int.random(in: 0..<min(3, known.count), using: &random)]
        let command: Command =
          switch Int.random(in: 0..<16, using: &random) {
          case 0, 1: .claim(service.ref, lease: nil)
          case 2: .claimNext(queue, lease: nil)
          case 3, 4: .start(service.ref, fence: nil, lease: nil)
          case 5: .renew(service.ref, fence: nil, lease: nil)
          case 6: .release(service.ref, fence: nil)
          case 7: .complete(service.ref, fence: nil)
          case 8: .noShow(service.ref, fence: nil)
          case 9: .remove(service.ref)
          case 10: .move(service.ref, to: .first)
          case 11: .move(service.ref, to: .last)
          case 12, 13: .move(service.ref, to: .before(other.id))
          default: .move(service.ref, to: .after(other.id))
          }
        _ = await broker.refusal(command, sue)
      }
      for event in try await broker.allEvents(of: queue) { copy.apply(event) }
      let snapshot = try await broker.snapshot(of: queue, limit: 5_000)
      #expect(copy.version == snapshot.summary.version && copy.digest == snapshot.summary.digest)
      #expect(copy.sorted == snapshot.services)
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
      #expect(snapshot.summary.waiting == snapshot.services.filter { $0.state == .waiting }.count)
      // Paged through, it is the same list.
      var paged: [Service] = []
      var cursor: ListCursor?
      repeat {
        let page = try await broker.list(ServiceListQuery(queue: queue, after: cursor, limit: 7))
        paged += page.services
        cursor = page.next
      } while cursor != nil
      #expect(paged == snapshot.services)
    }
  }
}
