import ServiceQueue

/// The arguments of a command as the functions take them.
struct CommandArguments {
  var id: ServiceID?
  var ifVersion = ""
  var fence = ""
  /// Of the lease or the hold, in milliseconds.
  var duration: Int64 = 0
  /// A place, a priority, a queue, a mode or an employee's id.
  var target = ""
  /// The id of the place's service, or the employee's name.
  var targetID = ""
  /// The queue whose keys the function needs besides.
  var otherQueue: QueueName?
  /// Whose skills and capacity matter; nil where none do.
  var claimant: Claimant?

  enum Claimant {
    case actor
    case employee(Principal)
  }

  init(target: String) {
    self.target = target
  }

  init(_ command: Command, policy: QueuePolicy) {
    id = command.service?.id
    if let version = command.service?.ifVersion { ifVersion = String(version) }
    switch command {
    case .claim(_, let lease), .claimNext(_, let lease):
      take(nil, lease, policy)
      claimant = .actor
    case .assign(_, let employee, let fence, let lease):
      take(fence, lease, policy)
      (target, targetID) = (employee.id, employee.name)
      claimant = .employee(employee)
    case .start(_, let fence, let lease), .renew(_, let fence, let lease): take(fence, lease, policy)
    case .resume(_, let fence, let lease):
      take(fence, lease, policy)
      claimant = .actor
    case .hold(_, let fence, let hold):
      take(fence)
      duration = (hold ?? policy.hold).milliseconds
    case .release(_, let fence), .complete(_, let fence), .noShow(_, let fence): take(fence)
    case .move(_, let target):
      switch target {
      case .before(let id): (self.target, targetID) = ("before", id.rawValue)
      case .after(let id): (self.target, targetID) = ("after", id.rawValue)
      case .first: self.target = "first"
      case .last: self.target = "last"
      }
    case .reprioritise(_, let priority): target = String(priority.level)
    case .transfer(_, let queue, let fence):
      take(fence)
      target = queue.rawValue
      otherQueue = queue
    case .reinstate, .remove: break
    }
  }

  private mutating func take(_ fence: QueueVersion?) {
    self.fence = fence.map { String($0) } ?? ""
  }

  private mutating func take(_ fence: QueueVersion?, _ lease: LeaseDuration?, _ policy: QueuePolicy) {
    take(fence)
    duration = (lease ?? policy.lease).milliseconds
  }

  /// Tells one use of an idempotency key from another.
  func fingerprint(of command: Command) -> String {
    let subject: String
    if case .claimNext(let queue, _) = command {
      subject = queue.rawValue
    } else {
      subject = id?.rawValue ?? ""
    }
    return [command.name, subject, ifVersion, fence, String(duration), target, targetID].joined(separator: "|")
  }
}
