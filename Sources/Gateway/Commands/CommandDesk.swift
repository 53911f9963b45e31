import ServiceQueue

/// Where both doors bring what a user asks for: checks it with the policy, takes it to the Broker, and answers with what
/// the user may see. Holds no state; safe from any task.
struct CommandDesk: Sendable {
  let broker: any Broker
  let vault: any PersonalDataVault
  let ids: ServiceIDs
  /// Tells who may be given a service.
  var directory: any UserDirectory = AbsentStore()

  /// How the answer to a submission looks.
  struct Submitted: Sendable {
    let service: Service?
    let id: ServiceID
    /// Nil for a duplicate, and where the Broker had to send twice.
    let queueVersion: QueueVersion?
    /// True when the key was submitted before.
    var isDuplicate = false
  }

  /// Puts a service in its queue. The same key by the same principal is one service.
  func submit(
    _ draft: SubmissionDraft, by principal: Principal, key: IdempotencyKey?
  ) async throws(GatewayError) -> Submitted {
    guard AccessPolicy.allows(.submit, by: principal, in: draft.queue) else { throw .forbidden }
    let id = ids.next()
    let personal: SealedPersonalData?
    let fingerprint: String
    do {
      fingerprint = try vault.fingerprint(of: draft.canonicalBytes)
      personal = draft.personal.isEmpty ? nil : try vault.seal(draft.personal, for: id)
    } catch { throw .internal }
    let submission = Submission(
      id: id, queue: draft.queue, kind: draft.kind, priority: draft.priority, requires: draft.requires,
      scheduledFor: draft.scheduledFor, personal: personal, submitter: principal.id, submitterName: principal.name,
      idempotencyKey: key?.rawValue ?? id.rawValue, fingerprint: fingerprint, trace: .current)
    let outcome = try await asking { () async throws(BrokerError) in try await broker.submit([submission]) }.first
    switch outcome {
    case .stored(let service, let version): return Submitted(service: service, id: service.id, queueVersion: version)
    case .duplicate(let first):
      // Ended more than a day ago: then the id is all that can be said.
      let service = try? await broker.service(first)
      // Under our own id it is what the Broker stored before its connection broke and it sent again.
      return Submitted(service: service, id: first, queueVersion: nil, isDuplicate: first != id)
    case .refused(let error): throw GatewayError(error)
    case nil: throw .internal
    }
  }

  /// Claims the first waiting service of a queue.
  func claimNext(
    in queue: QueueName, lease: LeaseDuration?, by principal: Principal, key: IdempotencyKey?
  ) async throws(GatewayError) -> CommandAnswer {
    guard AccessPolicy.allows(.handle, by: principal, in: queue) else { throw .forbidden }
    let request = CommandRequest(
      .claimNext(queue, lease: lease), by: principal, idempotencyKey: key, trace: .current)
    return try await asking { () async throws(BrokerError) in try await broker.perform(request) }
  }

  /// A page of a queue.
  func list(_ query: ServiceListQuery, by principal: Principal) async throws(GatewayError) -> ServicePage {
    guard AccessPolicy.allows(.observe, by: principal, in: query.queue) else { throw .forbidden }
    return try await asking { () async throws(BrokerError) in try await broker.list(query) }
  }

  /// The personal data of a service, for a view that shows it; nil when it has none or its key is gone.
  func opened(_ service: Service, for view: ViewLevel) -> PersonalData? {
    guard view == .staff, let sealed = service.personal else { return nil }
    return try? vault.open(sealed, for: service.id)
  }

  /// The Broker's answer, its errors as ours.
  func asking<Answer: Sendable>(
    _ question: () async throws(BrokerError) -> Answer
  ) async throws(GatewayError) -> Answer {
    do { return try await question() } catch { throw GatewayError(error) }
  }
}

extension Principal {
  /// How this user sees a service that it may see: a producer its own as on the board, without who handles it.
  var serviceView: ViewLevel { ViewLevel(level) ?? .board }
}
