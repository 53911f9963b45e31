import ServiceQueue
import SwiftProtobuf
import Testing

@testable import BrokerRPC

/// Whatever goes over the wire comes out as it went in.
@Suite struct ConversionTests {
  private static let rounds = 50

  private func random(_ body: (inout RandomValues) throws -> Void) throws {
    var values = RandomValues()
    for _ in 0..<Self.rounds { try body(&values) }
  }

  @Test func servicesAndSubmissions() throws {
    try random {
      let service = $0.service()
      let read = try WireService(serializedBytes: WireService(service).serializedBytes() as [UInt8])
      #expect(try read.domain() == service)
      let submission = $0.submission()
      #expect(try WireSubmission(submission).domain() == submission)
      for outcome in [
        SubmitOutcome.stored(service, queueVersion: $0.number()), .duplicate($0.id()), .refused($0.error()),
      ] {
        #expect(try WireSubmitOutcome(outcome).domain() == outcome)
      }
    }
  }

  @Test func commandsAndTheirAnswers() throws {
    try random {
      for command in $0.commands() {
        let request = CommandRequest(command, by: $0.principal(), idempotencyKey: $0.key(), trace: $0.trace())
        let bytes: [UInt8] = try WirePerformRequest(request).serializedBytes()
        #expect(try WirePerformRequest(serializedBytes: bytes).domain() == request)
      }
      let answer = CommandAnswer(
        service: $0.service(), queueVersion: $0.number(), leaseUntil: $0.maybe { $0.moment() }, isReplay: $0.chance())
      for result in [Result<CommandAnswer, BrokerError>.success(answer), .failure($0.error())] {
        #expect(try WireCommandResult(result).domain() == result)
      }
      let change = QueueModeRequest($0.queue(), $0.one(of: QueueMode.allCases), by: $0.principal())
      #expect(try WireChangeModeRequest(change).domain() == change)
      let changed = QueueModeAnswer(queue: $0.queue(), mode: .paused, queueVersion: $0.number(), isReplay: $0.chance())
      #expect(try WireChangeModeResponse(changed).domain() == changed)
    }
  }

  @Test func events() throws {
    try random {
      for change in $0.changes() {
        let event = $0.event(change)
        let bytes: [UInt8] = try WireQueueEvent(event).serializedBytes()
        #expect(try WireQueueEvent(serializedBytes: bytes).domain() == event)
        let entry = OutboxEntry(id: OutboxID("\($0.number())-\($0.number())")!, event: event)
        #expect(try WireOutboxEntry(entry).domain() == entry)
      }
      var events: [QueueEvent] = []
      for change in $0.changes() { events.append($0.event(change)) }
      for page in [
        EventPage.events(events, epoch: $0.epoch(), current: $0.number()),
        .gone(epoch: $0.epoch(), current: $0.number()),
      ] {
        #expect(try WireEventPage(page).domain() == page)
      }
      let announcement = PresenceAnnouncement(node: $0.word(), number: $0.number(), changes: $0.list { $0.change() })
      #expect(try WireAnnounceRequest(announcement).domain() == announcement)
      let presence = QueuePresence(entries: $0.list { $0.entry() }, connections: $0.count(), users: $0.count())
      #expect(try WireQueuePresence(presence).domain() == presence)
    }
  }

  @Test func queuesAndPages() throws {
    try random {
      let position = QueuePosition(
        service: $0.service(), ahead: $0.maybe { $0.count() }, statistics: $0.maybe { $0.statistics() })
      let read = try WireQueuePosition(position).domain()
      #expect(read == position)
      let query = ServiceListQuery(
        queue: $0.queue(), states: Set($0.list { $0.state() }), after: $0.maybe { $0.cursor() }, limit: 7)
      #expect(try WireListServicesRequest(query).domain() == query)
      let page = ServicePage(
        services: $0.list { $0.service() }, next: $0.maybe { $0.cursor() }, version: $0.number(), epoch: $0.epoch(),
        digest: $0.digest(), total: $0.count())
      #expect(try WireServicePage(page).domain() == page)
      let snapshot = QueueSnapshot(summary: $0.summary(), services: $0.list { $0.service() })
      #expect(try WireQueueSnapshot(snapshot).domain() == snapshot)
      for outcome in [
        RestoreOutcome.known, .restored($0.service()), .ended($0.service()), .refused($0.error()),
      ] {
        #expect(try WireRestoreOutcome(outcome).domain() == outcome)
      }
    }
    for rewrite in [LogRewrite.begun, .isBusy, .hasNone, .isRefused] {
      #expect(try WireLogRewrite(rewrite).domain() == rewrite)
    }
    for reader in OutboxReader.allCases { #expect(try WireOutboxReader(reader).domain() == reader) }
  }

  /// A newer peer's values are refused by name; nothing crashes, nothing is guessed.
  @Test func whatIsNotKnownIsRefused() {
    var values = RandomValues()
    var service = WireService(values.service())
    service.state = .UNRECOGNIZED(99)
    #expect(throws: Unreadable("state has the value 99, which is not known here")) { try service.domain() }
    service.state = .unspecified
    #expect(throws: Unreadable("state is missing")) { try service.domain() }
    #expect(throws: Unreadable.self) { try WireService().domain() }
    #expect(throws: Unreadable.self) { try WireCommand().domain() }
    #expect(throws: Unreadable.self) { try WireQueueEvent().domain() }
    #expect(throws: Unreadable.self) { try WireEventBatch().domain() }
    #expect(throws: Unreadable.self) { try WirePerformRequest().domain() }
    #expect(throws: Unreadable.self) { try WireSubmission().domain() }
  }
}
