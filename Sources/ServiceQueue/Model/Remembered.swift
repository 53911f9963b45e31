/// What an idempotency key belongs to: the same text by another user, or for a submission instead of a command, is another key.
struct RememberedKey: Hashable, Sendable {
  enum Kind: Hashable, Sendable { case submission, command }
  let kind: Kind
  let owner: String
  let key: String
}

/// What was asked for under an idempotency key, and what was answered.
struct Remembered: Sendable {
  /// What was asked for, so that another use of the key is told apart.
  enum Content: Hashable, Sendable {
    case submission(fingerprint: String)
    case command(Command)
    case mode(QueueName, QueueMode)
  }

  enum Outcome: Sendable {
    case submitted(ServiceID)
    case performed(CommandAnswer)
    case changedMode(QueueModeAnswer)
    case refused(BrokerError)
  }

  let content: Content
  let outcome: Outcome
}

extension SiteModel {
  /// What was answered under the key; nil when nothing was, or there is no key. Throws what was refused under it, and
  /// `idempotencyKeyReused` when something else was asked for.
  func earlier(
    _ key: RememberedKey?, _ content: Remembered.Content, at now: Int64
  ) throws(BrokerError) -> Remembered.Outcome? {
    guard let key, let found = remembered.value(for: key, at: now) else { return nil }
    guard found.content == content else { throw .refusal(.idempotencyKeyReused) }
    if case .refused(let error) = found.outcome { throw error }
    return found.outcome
  }

  mutating func remember(
    _ outcome: Remembered.Outcome, of content: Remembered.Content, for key: RememberedKey?, at now: Int64
  ) {
    guard let key else { return }
    if case .refused(let error) = outcome, !error.isFinal { return }
    remembered.keep(Remembered(content: content, outcome: outcome), for: key, at: now)
  }

  /// Forgets what is a day old: nothing can be asked of it any more. Tells what that was.
  @discardableResult mutating func forget(at now: Int64) -> (keys: [RememberedKey], services: [ServiceID]) {
    (remembered.forget(at: now), ended.forget(at: now))
  }
}

extension BrokerError {
  /// True when the same command under the same key is to be refused for ever: whoever was told of the refusal relies on it.
  fileprivate var isFinal: Bool {
    switch code {
    case .unknownQueue, .overloaded, .idempotencyKeyReused, .unavailable, .outcomeUnknown, .internal: false
    case .notFound, .queueEmpty, .illegalTransition, .staleFence, .notOwner, .versionMismatch, .badTarget,
      .invalidArgument, .queuePaused, .queueDraining, .atCapacity, .missingSkill, .reinstateExpired:
      true
    }
  }
}

extension Command {
  /// The command without what does not make it another one: its queue where the service tells it, the site's own lease or hold where
  /// none is given, and what an employee may do.
  func content(_ policy: QueuePolicy) -> Command {
    func bare(_ ref: ServiceRef) -> ServiceRef { ServiceRef(id: ref.id, ifVersion: ref.ifVersion) }
    return switch self {
    case .claim(let ref, let lease): .claim(bare(ref), lease: lease ?? policy.lease)
    case .claimNext(let queue, let lease): .claimNext(queue, lease: lease ?? policy.lease)
    case .assign(let ref, let employee, let fence, let lease):
      .assign(
        bare(ref), to: Principal(id: employee.id, name: employee.name, level: .agent), fence: fence,
        lease: lease ?? policy.lease)
    case .start(let ref, let fence, let lease): .start(bare(ref), fence: fence, lease: lease ?? policy.lease)
    case .renew(let ref, let fence, let lease): .renew(bare(ref), fence: fence, lease: lease ?? policy.lease)
    case .hold(let ref, let fence, let hold): .hold(bare(ref), fence: fence, hold: hold ?? policy.hold)
    case .resume(let ref, let fence, let lease): .resume(bare(ref), fence: fence, lease: lease ?? policy.lease)
    case .release(let ref, let fence): .release(bare(ref), fence: fence)
    case .complete(let ref, let fence): .complete(bare(ref), fence: fence)
    case .noShow(let ref, let fence): .noShow(bare(ref), fence: fence)
    case .reinstate(let ref): .reinstate(bare(ref))
    case .move(let ref, let target): .move(bare(ref), to: target)
    case .reprioritise(let ref, let priority): .reprioritise(bare(ref), priority)
    case .transfer(let ref, let queue, let fence): .transfer(bare(ref), to: queue, fence: fence)
    case .remove(let ref): .remove(bare(ref))
    }
  }
}
