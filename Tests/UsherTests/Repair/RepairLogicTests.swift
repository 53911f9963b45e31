import ServiceQueue
import Testing
import UserStore

@testable import usher

struct OutboxGateTests {
  private func ids(_ range: ClosedRange<UInt64>) -> [OutboxID] { range.map { OutboxID("7-\($0)")! } }

  @Test func anEmptyOutboxIsOpen() {
    var gate = OutboxGate()
    #expect(gate.beginning == .read(after: nil, limit: 500))
    #expect(gate.found([]) == .open && gate.waiting == 0)
  }

  @Test func waitsForWhatWasThereAndNoMore() {
    var gate = OutboxGate()
    // The end of the outbox is an empty page, not a short one.
    #expect(gate.found(ids(1...500)) == .read(after: OutboxID("7-500"), limit: 500))
    #expect(gate.found(ids(501...510)) == .read(after: OutboxID("7-510"), limit: 500))
    #expect(gate.found([]) == .read(after: nil, limit: 1))
    #expect(gate.waiting == 510)
    #expect(gate.found(ids(1...1)) == .readLater(after: nil, limit: 1))
    #expect(gate.found(ids(510...510)) == .readLater(after: nil, limit: 1))
    // Others have come meanwhile; those that were there are gone.
    #expect(gate.found(ids(511...511)) == .open)
  }

  @Test func aLongOutboxIsAskedAgainLater() {
    var gate = OutboxGate()
    for page in 1..<UInt64(OutboxGate.mostPages) {
      #expect(gate.found(ids(page * 500 - 499...page * 500)) == .read(after: OutboxID("7-\(page * 500)"), limit: 500))
    }
    #expect(gate.found(ids(9_501...10_000)) == .readLater(after: nil, limit: 500))
    #expect(gate.waiting == 10_000)
    #expect(gate.found([]) == .open)
  }
}

struct RepairForecastTests {
  static let queue = QueueName("front-desk")!

  static func service(_ version: UInt64, _ state: ServiceState = .waiting, in queue: QueueName = queue) -> Service {
    Service(
      id: ServiceID("01920000-0000-7000-8000-000000000001")!, queue: queue, ticket: 1, kind: "passport",
      priority: .normal, order: OrderKey(4096)!, state: state, version: version, attempts: 0, submitter: "amqp",
      submittedAt: Timestamp(milliseconds: 1_700_000_000_000))
  }

  private func word(_ outcome: RestoreOutcome) -> String {
    switch outcome {
    case .known: "known"
    case .restored: "restored"
    case .ended: "ended"
    case .refused(let error): error.code.rawValue
    }
  }

  @Test(arguments: [
    // As the history has it; as Redis has it.
    (service(3), nil, "restored"), (service(3, .completed), nil, "known"),
    (service(3), service(3), "known"), (service(3), service(4), "known"), (service(3), service(2), "restored"),
    (service(3), service(4, .completed), "known"), (service(3), service(2, .noShow), "restored"),
    (service(3, .cancelled), service(2, .serving), "ended"), (service(3, .cancelled), service(2, .noShow), "known"),
    (service(3), service(2, .waiting, in: QueueName("roadside")!), "bad_target"),
    (service(3), service(4, .waiting, in: QueueName("roadside")!), "known"),
  ])
  func saysWhatRestoreWould(_ recorded: Service, _ stored: Service?, _ expected: String) {
    #expect(word(RepairForecast.outcome(of: recorded, in: stored)) == expected)
  }
}

struct RepairReportTests {
  private func queue(_ outcomes: [RestoreOutcome], isNew: Bool = false) -> QueueRepair {
    var queue = QueueRepair(RepairForecastTests.queue)
    queue.isNew = isNew
    for outcome in outcomes { queue.count(outcome) }
    return queue
  }

  private let refused = RestoreOutcome.refused(BrokerError(.badTarget, "elsewhere"))

  @Test func countsByQueue() {
    let service = RepairForecastTests.service(1)
    var report = RepairReport(isDryRun: false)
    report.queues = [queue([.known, .known, .restored(service), .ended(service)], isNew: true)]
    #expect(report.isComplete)
    #expect(report.lines == ["front-desk (made): known 2, restored 1, ended 1, refused 0"])
  }

  @Test func saysWhyAndWhatToDo() {
    var report = RepairReport(isDryRun: true)
    report.queues = [queue([refused, refused, .refused(BrokerError(.overloaded, "full"))])]
    #expect(!report.isComplete && report.lines.count == 3)
    #expect(
      report.lines[0] == "front-desk: known 0, would be restored 0, would be ended 0, would be refused 3"
        + " (bad_target 2, overloaded 1)")
    #expect(report.lines[1].hasPrefix("bad_target: Redis has these services in another queue"))
    #expect(report.lines[2].hasPrefix("overloaded: too many sets"))
  }

  @Test func nothingAtAll() {
    #expect(RepairReport(isDryRun: false).lines.count == 1 && RepairReport(isDryRun: false).isComplete)
  }
}

struct ContinuityFindingTests {
  @Test func warnsOnlyWhereSomethingIsMissing() {
    var finding = ContinuityCheck.Finding(queue: RepairForecastTests.queue)
    #expect(finding.warning == nil)
    finding.lost = 3
    #expect(finding.warning?.contains("lacks services") == true && finding.warning?.contains("usher repair") == true)
    finding.isBehind = true
    #expect(finding.warning?.contains("older than the history") == true)
  }
}
