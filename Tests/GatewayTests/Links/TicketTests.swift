import ServiceQueue
import Testing

@testable import Gateway

/// The tokens of ticket links, and what a customer asks of the Broker. No I/O, no clock.
@Suite struct TicketTests {
  private static let id = ServiceID("018f0000-0000-7000-8000-000000000001")!
  private static let other = ServiceID("018f0000-0000-7000-8000-000000000002")!

  private func service(_ state: ServiceState, version: UInt64 = 7) -> Service {
    Service(
      id: Self.id, queue: QueueName("front-desk")!, ticket: 41, kind: "passport", priority: .normal,
      order: OrderKey(4_096)!, state: state, version: version, attempts: 0, submitter: "kiosk-id",
      submittedAt: Timestamp(milliseconds: 0), assignee: Assignee(id: "a", name: "ann"), claimedAt: nil,
      personal: SealedPersonalData(wrappedKey: [1], ciphertext: [2]))
  }

  @Test func aTokenIsOfOneServiceAndOneSite() throws {
    let token = try TicketToken(for: Self.id, site: "main", by: MemoryVault())
    #expect(token.text.utf8.count == 22 && Base64.url.decode(token.text)?.count == 16)
    #expect(try TicketToken(for: Self.id, site: "main", by: MemoryVault()).text == token.text)
    for (id, site) in [(Self.other, "main"), (Self.id, "other")] {
      let other = try TicketToken(for: id, site: site, by: MemoryVault()).text
      #expect(!token.isSame(as: other))
    }
    for wrong in ["", String(token.text.dropLast()), token.text + "A", token.text.lowercased() + "=", "ä"] {
      #expect(!token.isSame(as: wrong))
    }
    #expect(token.isSame(as: token.text))
  }

  @Test func cancellingIsTheProducersRightInTheCustomersName() throws {
    for state: ServiceState in [.waiting, .scheduled] {
      let request = try #require(CommandDesk.cancellation(of: service(state), key: nil))
      let ref = ServiceRef(id: Self.id, queue: QueueName("front-desk")!, ifVersion: 7)
      #expect(request.command == .remove(ref), "only as it was seen: nobody may have claimed it since")
      #expect(request.actor.id == "kiosk-id" && request.actor.name == "customer")
      #expect(!request.mayRemoveAny && !request.mayActOnAnyClaim && request.idempotencyKey == nil)
      #expect(request.actor.queues == [QueueName("front-desk")!])
      #expect(request.actor.maySee(service(state)))
    }
    for state in ServiceState.allCases where state != .waiting && state != .scheduled {
      #expect(CommandDesk.cancellation(of: service(state), key: nil) == nil, "\(state)")
    }
  }

  @Test func aKeyIsOfThisServiceAsItWas() throws {
    let key = try #require(IdempotencyKey("k"))
    let first = try #require(CommandDesk.cancellation(of: service(.waiting, version: 7), key: key))
    let own = try #require(first.idempotencyKey)
    #expect(own.rawValue.hasPrefix("ticket:") && own != key)
    let again = CommandDesk.cancellation(of: service(.cancelled, version: 8), key: key)
    #expect(again == first, "the same request, sent again when it was done")
    let later = CommandDesk.cancellation(of: service(.waiting, version: 8), key: key)
    #expect(later?.idempotencyKey != own, "what was refused for another version is another request")
    for state: ServiceState in [.claimed, .completed, .noShow, .dead] {
      #expect(CommandDesk.cancellation(of: service(state), key: key) == nil)
    }
  }

  @Test func aTicketShowsNothingPersonal() throws {
    for state in ServiceState.allCases {
      let json = try JSONScanner.parse(
        TicketRoutes.json(QueuePosition(service: service(state), ahead: nil, statistics: nil)))
      let names = json.object?.members.map(\.name).sorted()
      #expect(
        names == [
          "ahead", "called", "estimate", "id", "paused", "position", "queue", "scheduled_for", "state", "ticket",
          "waiting",
        ])
      #expect(json["called"]?.bool == (state == .claimed || state == .serving))
      #expect(json["ticket"]?.int == 41 && json["state"]?.string == state.rawValue)
    }
  }
}
