import ServiceQueue

/// The commands about one service, as they are called at both doors.
enum ServiceCommand: String, Sendable, CaseIterable {
  case claim
  case assign
  case start
  case renew
  case hold
  case resume
  case release
  case complete
  case noShow = "no_show"
  case reinstate
  case move
  case reprioritise
  case transfer
  case remove

  /// The last part of its REST path.
  var path: String { self == .noShow ? "no-show" : rawValue }

  /// The members of its REST body; the RPC's data has those of `target` besides.
  var members: Set<String> {
    switch self {
    case .claim: ["lease_seconds"]
    case .assign: ["assignee", "fence", "lease_seconds"]
    case .start, .renew, .resume: ["fence", "lease_seconds"]
    case .hold: ["fence", "hold_seconds"]
    case .release, .complete, .noShow: ["fence"]
    case .move: ["before", "after", "first", "last"]
    case .reprioritise: ["priority"]
    case .transfer: ["to", "fence"]
    case .reinstate, .remove: []
    }
  }

  /// The members that say what it is about, where no path and no header does.
  static let target: Set<String> = ["id", "queue", "if_version", "idempotency_key"]

  /// What the policy is asked.
  var action: AccessPolicy.Action {
    switch self {
    case .claim, .start, .renew, .hold, .resume, .release, .complete, .noShow, .reinstate, .transfer: .handle
    case .move, .reprioritise: .move
    case .assign: .assign
    case .remove: .remove
    }
  }

  /// The command about `service` with `arguments`, whose `assignee` is that one.
  func command(
    _ service: ServiceRef, _ arguments: Arguments, assignee: Principal
  ) throws(GatewayError) -> Command {
    switch self {
    case .claim: .claim(service, lease: try arguments.lease())
    case .assign: .assign(service, to: assignee, fence: try arguments.fence(), lease: try arguments.lease())
    case .start: .start(service, fence: try arguments.fence(), lease: try arguments.lease())
    case .renew: .renew(service, fence: try arguments.fence(), lease: try arguments.lease())
    case .hold: .hold(service, fence: try arguments.fence(), hold: try arguments.hold())
    case .resume: .resume(service, fence: try arguments.fence(), lease: try arguments.lease())
    case .release: .release(service, fence: try arguments.fence())
    case .complete: .complete(service, fence: try arguments.fence())
    case .noShow: .noShow(service, fence: try arguments.fence())
    case .reinstate: .reinstate(service)
    case .move: .move(service, to: try arguments.moveTarget())
    case .reprioritise: .reprioritise(service, try arguments.priority())
    case .transfer: .transfer(service, to: try arguments.queue("to"), fence: try arguments.fence())
    case .remove: .remove(service)
    }
  }
}

extension Arguments {
  /// `lease_seconds`: 5 to 3,600.
  func lease() throws(GatewayError) -> LeaseDuration? {
    guard let seconds = try integer("lease_seconds", in: 5...3_600) else { return nil }
    return LeaseDuration(milliseconds: seconds * 1_000)
  }

  /// `hold_seconds`: 5 to 86,400.
  func hold() throws(GatewayError) -> HoldDuration? {
    guard let seconds = try integer("hold_seconds", in: 5...86_400) else { return nil }
    return HoldDuration(milliseconds: seconds * 1_000)
  }

  /// `fence`: the queue version at which the service was claimed.
  func fence() throws(GatewayError) -> QueueVersion? {
    try integer("fence", in: 0...((1 << 53) - 1)).map(QueueVersion.init)
  }

  /// `priority`, which must be there: 0 to 9, or one of its names.
  func priority() throws(GatewayError) -> Priority {
    let priority: Priority?
    switch value("priority") {
    case nil: throw GatewayError(.invalidArgument, "\"priority\" is missing")
    case .number(let number): priority = number.whole.flatMap { Int(exactly: $0) }.flatMap { Priority($0) }
    case .string(let name): priority = Priority(name: name)
    case .some: priority = nil
    }
    guard let priority else {
      throw GatewayError(
        .invalidArgument, "\"priority\" must be a whole number from 0 to 9, or low, normal, high or urgent")
    }
    return priority
  }

  /// Exactly one of `before`, `after`, `first`, `last`.
  func moveTarget() throws(GatewayError) -> MoveTarget {
    let oneOf = GatewayError(
      .invalidArgument, "one of \"before\": id, \"after\": id, \"first\": true, \"last\": true is expected")
    var targets = [MoveTarget]()
    if let text = try string("before") { targets.append(.before(try Self.serviceID(text, called: "before"))) }
    if let text = try string("after") { targets.append(.after(try Self.serviceID(text, called: "after"))) }
    if let first = try bool("first") {
      guard first else { throw oneOf }
      targets.append(.first)
    }
    if let last = try bool("last") {
      guard last else { throw oneOf }
      targets.append(.last)
    }
    guard targets.count == 1 else { throw oneOf }
    return targets[0]
  }
}
