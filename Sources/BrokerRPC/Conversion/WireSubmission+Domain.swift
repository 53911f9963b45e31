import ServiceQueue
import SwiftProtobuf

extension WireSubmission {
  init(_ submission: Submission) {
    self.init()
    id = submission.id.rawValue
    queue = submission.queue.rawValue
    kind = submission.kind
    priority = UInt32(submission.priority.level)
    requires = submission.requires.words
    if let moment = submission.scheduledFor { scheduledFor = moment.milliseconds }
    if let sealed = submission.personal { personal = WireSealedPersonalData(sealed) }
    submitter = submission.submitter
    submitterName = submission.submitterName
    idempotencyKey = submission.idempotencyKey
    fingerprint = submission.fingerprint
    if let context = submission.trace { trace = WireTraceContext(context) }
  }

  func domain() throws(Unreadable) -> Submission {
    guard Service.isKind(kind) else { throw Unreadable("kind is missing or out of its bounds") }
    guard !submitter.isEmpty, !submitterName.isEmpty else { throw Unreadable("submitter or submitter_name is missing") }
    guard (1...1_024).contains(idempotencyKey.utf8.count) else {
      throw Unreadable("idempotency_key is missing or out of its bounds")
    }
    return Submission(
      id: try ServiceID(wire: id), queue: try QueueName(wire: queue), kind: kind,
      priority: try Priority(wire: priority),
      requires: try SkillSet(requires, most: SkillSet.mostRequired).read("requires"),
      scheduledFor: moment(hasScheduledFor, scheduledFor), personal: hasPersonal ? personal.domain : nil,
      submitter: submitter, submitterName: submitterName, idempotencyKey: idempotencyKey, fingerprint: fingerprint,
      trace: hasTrace ? trace.domain : nil)
  }
}

extension WireTraceContext {
  init(_ context: TraceContext) {
    self.init()
    traceparent = context.traceparent
    tracestate = context.tracestate ?? ""
  }

  var domain: TraceContext {
    TraceContext(traceparent: traceparent, tracestate: tracestate.isEmpty ? nil : tracestate)
  }
}

extension WireSubmitOutcome {
  init(_ outcome: SubmitOutcome) {
    self.init()
    switch outcome {
    case .stored(let service, let queueVersion):
      stored = .with {
        $0.service = WireService(service)
        $0.queueVersion = queueVersion
      }
    case .duplicate(let id): duplicate = id.rawValue
    case .refused(let error): refused = WireError(error)
    }
  }

  func domain() throws(Unreadable) -> SubmitOutcome {
    switch outcome {
    case .stored(let stored): .stored(try stored.service.domain(), queueVersion: stored.queueVersion)
    case .duplicate(let id): .duplicate(try ServiceID(wire: id))
    case .refused(let error): .refused(error.domain)
    case nil: throw Unreadable("outcome is missing")
    }
  }
}
