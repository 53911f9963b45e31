import ServiceQueue
import SwiftProtobuf

extension WireAccessLevel {
  init(_ level: AccessLevel) {
    switch level {
    case .viewer: self = .viewer
    case .agent: self = .agent
    case .supervisor: self = .supervisor
    case .admin: self = .admin
    case .producer: self = .producer
    }
  }

  func domain() throws(Unreadable) -> AccessLevel {
    switch self {
    case .viewer: .viewer
    case .agent: .agent
    case .supervisor: .supervisor
    case .admin: .admin
    case .producer: .producer
    case .unspecified, .UNRECOGNIZED: throw unknown("level")
    }
  }
}

extension WirePrincipal {
  init(_ principal: Principal) {
    self.init()
    id = principal.id
    name = principal.name
    level = WireAccessLevel(principal.level)
    if let limit = principal.queues { queues = .with { $0.names = limit.map(\.rawValue).sorted() } }
    skills = principal.skills.words
    if let most = principal.capacity { capacity = UInt32(clamping: most) }
  }

  func domain() throws(Unreadable) -> Principal {
    guard !id.isEmpty, !name.isEmpty else {
      throw Unreadable("the actor or assignee is missing, or has no id or no name")
    }
    return Principal(
      id: id, name: name, level: try level.domain(),
      queues: hasQueues
        ? Set(try queues.names.reading { (name) throws(Unreadable) in try QueueName(wire: name) }) : nil,
      skills: try SkillSet(skills, most: SkillSet.mostHeld).read("skills"), capacity: hasCapacity ? Int(capacity) : nil)
  }
}

extension WirePerformRequest {
  init(_ request: CommandRequest) {
    self.init()
    command = WireCommand(request.command)
    actor = WirePrincipal(request.actor)
    if let key = request.idempotencyKey { idempotencyKey = key.rawValue }
    if let context = request.trace { trace = WireTraceContext(context) }
  }

  func domain() throws(Unreadable) -> CommandRequest {
    CommandRequest(
      try command.domain(), by: try actor.domain(), idempotencyKey: try key(hasIdempotencyKey, idempotencyKey),
      trace: hasTrace ? trace.domain : nil)
  }
}

private func key(_ isThere: Bool, _ text: String) throws(Unreadable) -> IdempotencyKey? {
  isThere ? try IdempotencyKey(text).read("idempotency_key") : nil
}

extension WireCommandAnswer {
  init(_ answer: CommandAnswer) {
    self.init()
    service = WireService(answer.service)
    queueVersion = answer.queueVersion
    if let moment = answer.leaseUntil { leaseUntil = moment.milliseconds }
    isReplay = answer.isReplay
  }

  func domain() throws(Unreadable) -> CommandAnswer {
    CommandAnswer(
      service: try service.domain(), queueVersion: queueVersion, leaseUntil: moment(hasLeaseUntil, leaseUntil),
      isReplay: isReplay)
  }
}

extension WireCommandResult {
  init(_ result: Result<CommandAnswer, BrokerError>) {
    self.init()
    switch result {
    case .success(let done): answer = WireCommandAnswer(done)
    case .failure(let refusal): error = WireError(refusal)
    }
  }

  func domain() throws(Unreadable) -> Result<CommandAnswer, BrokerError> {
    switch result {
    case .answer(let answer): .success(try answer.domain())
    case .error(let error): .failure(error.domain)
    case nil: throw Unreadable("result is missing")
    }
  }
}

extension WireQueueMode {
  init(_ mode: QueueMode) {
    switch mode {
    case .open: self = .open
    case .paused: self = .paused
    case .draining: self = .draining
    }
  }

  func domain() throws(Unreadable) -> QueueMode {
    switch self {
    case .open: .open
    case .paused: .paused
    case .draining: .draining
    case .unspecified, .UNRECOGNIZED: throw unknown("mode")
    }
  }
}

extension WireChangeModeRequest {
  init(_ request: QueueModeRequest) {
    self.init()
    queue = request.queue.rawValue
    mode = WireQueueMode(request.mode)
    actor = WirePrincipal(request.actor)
    if let key = request.idempotencyKey { idempotencyKey = key.rawValue }
  }

  func domain() throws(Unreadable) -> QueueModeRequest {
    QueueModeRequest(
      try QueueName(wire: queue), try mode.domain(), by: try actor.domain(),
      idempotencyKey: try key(hasIdempotencyKey, idempotencyKey))
  }
}

extension WireChangeModeResponse {
  init(_ answer: QueueModeAnswer) {
    self.init()
    queue = answer.queue.rawValue
    mode = WireQueueMode(answer.mode)
    queueVersion = answer.queueVersion
    isReplay = answer.isReplay
  }

  func domain() throws(Unreadable) -> QueueModeAnswer {
    QueueModeAnswer(
      queue: try QueueName(wire: queue), mode: try mode.domain(), queueVersion: queueVersion, isReplay: isReplay)
  }
}
