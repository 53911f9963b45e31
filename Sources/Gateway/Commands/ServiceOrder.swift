import ServiceQueue
import UserStore

/// A command about one service as a client gave it, whose queue is not known yet.
struct ServiceOrder: Sendable {
  let command: ServiceCommand
  let id: ServiceID
  /// The service version the client has seen.
  let ifVersion: UInt64?
  let arguments: Arguments
  let key: IdempotencyKey?

  /// The command about the service in `queue`, for `assignee` if it is for somebody; throws what is malformed.
  func command(in queue: QueueName?, assignee: Principal) throws(GatewayError) -> Command {
    try command.command(ServiceRef(id: id, queue: queue, ifVersion: ifVersion), arguments, assignee: assignee)
  }

  /// The user id of whom it is for; nil for a command that is for nobody but who gives it.
  func assigneeID() throws(GatewayError) -> String? {
    command == .assign ? try arguments.userID("assignee") : nil
  }
}

extension ServiceOrder {
  /// An order whose target stands beside its arguments, as in an RPC's data. The queue that may be named there must be one that
  /// `principal` may know of.
  init(_ command: ServiceCommand, _ arguments: Arguments, by principal: Principal) throws(GatewayError) {
    let queue = try arguments.has("queue") ? arguments.queue("queue") : nil
    if let queue, !(principal.queues?.contains(queue) ?? true) { throw .notFound }
    self.init(
      command: command, id: try arguments.serviceID("id"),
      ifVersion: try arguments.integer("if_version", in: 1...((1 << 53) - 1)).map(UInt64.init), arguments: arguments,
      key: try arguments.idempotencyKey("idempotency_key"))
  }
}

extension CommandDesk {
  /// Carries out a command about one service. Where the right to act hangs on its queue, that is looked up first.
  func perform(_ order: ServiceOrder, by principal: Principal) async throws(GatewayError) -> CommandAnswer {
    try admit(order, by: principal)
    let service = needsLookUp(order, by: principal) ? try await visible(order.id, to: principal) : nil
    let request = try await request(for: order, about: service, by: principal)
    return try await asking { () async throws(BrokerError) in try await broker.perform(request) }
  }

  /// Before the look-up where there is one, so that a malformed command is one for any service, and a forbidden one tells nothing of it.
  func admit(_ order: ServiceOrder, by principal: Principal) throws(GatewayError) {
    guard AccessPolicy.allows(order.command.action, level: principal.level) else { throw .forbidden }
    _ = try order.assigneeID()
    // A transfer takes the right in the queue that it goes to as well; that in its own shows when it is looked up. The form is the same
    // for any assignee.
    if case .transfer(_, let target, _) = try order.command(in: nil, assignee: principal),
      !AccessPolicy.allows(order.command.action, by: principal, in: target)
    {
      throw .forbidden
    }
  }

  /// True when it hangs on the service's queue whether the order may be carried out.
  func needsLookUp(_ order: ServiceOrder, by principal: Principal) -> Bool {
    !principal.seesEveryService || order.command == .assign
  }

  /// What the Broker is asked, once the service was seen; nil for one that need not be.
  func request(
    for order: ServiceOrder, about service: Service?, by principal: Principal
  ) async throws(GatewayError) -> CommandRequest {
    var assignee = principal
    if let service, let id = try order.assigneeID() { assignee = try await employee(id, in: service.queue) }
    return CommandRequest(
      try order.command(in: service?.queue, assignee: assignee), by: principal, idempotencyKey: order.key,
      trace: .current)
  }

  /// Who may handle services of `queue`, as the user store knows them now. Whether there is another such user is not told.
  private func employee(_ id: String, in queue: QueueName) async throws(GatewayError) -> Principal {
    let user: User?
    do throws(UserStoreError) { user = try await directory.user(id: id) } catch {
      guard error.code == .notFound else { throw GatewayError(error) }
      user = nil
    }
    guard let user, !user.isDisabled, AccessPolicy.allows(.handle, by: user.principal, in: queue) else {
      throw GatewayError(.badTarget, "nobody with this id may handle services of this queue")
    }
    return user.principal
  }

  /// A service that `principal` may know of; otherwise there is none.
  func visible(_ id: ServiceID, to principal: Principal) async throws(GatewayError) -> Service {
    let service = try await asking { () async throws(BrokerError) in try await broker.service(id) }
    guard principal.maySee(service) else { throw .notFound }
    return service
  }
}

extension Principal {
  /// True when `maySee` says so of any service.
  var seesEveryService: Bool { queues == nil && level != .producer }

  /// Services of the queues that it is limited to; a producer only its own.
  func maySee(_ service: Service) -> Bool {
    (queues?.contains(service.queue) ?? true) && (level != .producer || service.submitter == id)
  }
}
