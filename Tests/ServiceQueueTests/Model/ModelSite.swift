import Testing

@testable import ServiceQueue

/// A model of a site with a clock, for tests of the rules.
struct ModelSite {
  var model: SiteModel
  /// Milliseconds.
  var now: Int64 = 1_790_000_000_000
  private var made = 0

  // All three are in their form, so there are values.
  static let desk = QueueName("desk")!
  static let road = QueueName("road")!
  private static let epoch = Epoch("e1")!

  static let anna = Principal(id: "u1", name: "anna", level: .agent)
  static let ben = Principal(id: "u2", name: "ben", level: .agent, capacity: 2)
  static let sue = Principal(id: "u9", name: "sue", level: .supervisor)
  static let portal = Principal(id: "p1", name: "portal", level: .producer)

  init(policy: QueuePolicy = .standard) {
    model = SiteModel(policy: policy)
    for queue in [Self.desk, Self.road] { _ = model.createQueue(queue, epoch: Self.epoch) }
  }

  mutating func submission(
    _ queue: QueueName = desk, priority: Int = 4, requires: [String] = [], scheduledIn: Int64? = nil,
    key: String? = nil, fingerprint: String = "f", id: ServiceID? = nil
  ) throws -> Submission {
    made += 1
    let digits = String(made, radix: 16)
    let made = ServiceID("0190c0de-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)
    let id = try id ?? #require(made)
    return Submission(
      id: id, queue: queue, kind: "passport", priority: try #require(Priority(priority)),
      requires: try #require(SkillSet(requires, most: 8)),
      scheduledFor: scheduledIn.map { Timestamp(milliseconds: now + $0) }, personal: nil, submitter: "p1",
      submitterName: "portal", idempotencyKey: key ?? id.rawValue, fingerprint: fingerprint)
  }

  /// Submits one that must be stored.
  mutating func store(
    _ queue: QueueName = desk, priority: Int = 4, requires: [String] = [], scheduledIn: Int64? = nil
  ) throws -> Service {
    let item = try submission(queue, priority: priority, requires: requires, scheduledIn: scheduledIn)
    guard case .stored(let service, _) = model.submit([item], at: now)[0] else {
      throw BrokerError(.internal, "not stored")
    }
    return service
  }

  mutating func store(_ count: Int) throws -> [Service] {
    var services: [Service] = []
    for _ in 0..<count { services.append(try store()) }
    return services
  }

  @discardableResult mutating func perform(
    _ command: Command, _ actor: Principal = anna, key: String? = nil
  ) throws -> CommandAnswer {
    try model.perform(
      CommandRequest(command, by: actor, idempotencyKey: key.flatMap { IdempotencyKey($0) }), at: now)
  }

  /// The error that the command must end with; it must change nothing.
  mutating func refusal(_ command: Command, _ actor: Principal = anna, key: String? = nil) -> BrokerError? {
    let before = model.summaries
    do {
      _ = try perform(command, actor, key: key)
      return nil
    } catch {
      #expect(model.summaries == before)
      return error as? BrokerError
    }
  }

  /// Claims it for the actor; the service as it is then.
  mutating func claim(_ service: Service, _ actor: Principal = anna) throws -> Service {
    try perform(.claim(service.ref, lease: nil), actor).service
  }

  func ids(_ queue: QueueName = desk) throws -> [ServiceID] {
    try model.snapshot(of: queue, limit: .max).services.map(\.id)
  }

  func events(_ queue: QueueName = desk) throws -> [QueueEvent] {
    let version = try model.summary(of: queue).version
    guard case .events(let events, _, _) = try model.events(of: queue, epoch: nil, after: 0, limit: .max) else {
      Issue.record("the events of \(version) versions are gone")
      return []
    }
    return events
  }

  /// What must be so at any time: the digest and the counts are those of the services, the events are without a gap, and the
  /// loads are what is being handled.
  func checkInvariants() throws {
    var handled: [String: Int] = [:]
    for summary in model.summaries {
      let services = try model.snapshot(of: summary.queue, limit: .max).services
      #expect(summary.digest == QueueDigest(of: services))
      for state in ServiceState.allCases {
        #expect(summary.counts[state] == (state.isLive ? services.count { $0.state == state } : 0))
      }
      #expect(services == services.sorted { Service.stands($0, before: $1) })
      #expect(try events(summary.queue).map(\.version) == Array(0..<summary.version).map { $0 + 1 })
      for service in services where service.state.isHandled { handled[service.assignee?.id ?? "", default: 0] += 1 }
    }
    #expect(model.loads == handled)
  }
}

extension Service {
  var ref: ServiceRef { ServiceRef(id: id, queue: queue) }
}
