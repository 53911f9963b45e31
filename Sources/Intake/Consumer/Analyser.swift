import ServiceQueue

/// What a message is and what is to become of it: envelope, validation, rules. Pure but for the counting of rules.
struct Analyser: Sendable {
  /// A request that goes to the Broker once its personal data is sealed.
  struct Accepted: Hashable, Sendable {
    var draft: SubmissionDraft
    var idempotencyKey: String
    /// What the producer sent: other rules at the next delivery must not make it another request.
    var canonicalBytes: [UInt8]
  }

  enum Analysis: Hashable, Sendable {
    case accept(Accepted)
    case drop
    case reject(Rejection)
  }

  let rules: RuleSet
  let maximumBodyBytes: Int

  func analyse(
    _ delivery: Delivery, now: Timestamp = .now, matched: (Int) -> Void = { _ in },
    trace: (TraceContext) -> Void = { _ in }
  ) -> Analysis {
    do throws(Rejection) {
      let (request, key) = try request(delivery, now: now, trace: trace)
      switch rules.evaluate(request, matched: matched) {
      case .drop: return .drop
      case .reject(let detail): return .reject(Rejection(.rejectedByRule, detail))
      case .accept(let changed):
        return .accept(
          Accepted(draft: changed.draft, idempotencyKey: key, canonicalBytes: request.draft.canonicalBytes))
      }
    } catch {
      return .reject(error)
    }
  }

  /// What the rules are asked about, and its idempotency key.
  func request(
    _ delivery: Delivery, now: Timestamp, trace: (TraceContext) -> Void = { _ in }
  ) throws(Rejection) -> (RuleRequest, idempotencyKey: String) {
    let envelope = try Envelope.open(delivery, maximumBodyBytes: maximumBodyBytes, trace: trace)
    let request = RuleRequest(
      draft: try draft(envelope.data, delivery.routingKey),
      hasPriority: !(envelope.data["priority"]?.isNull ?? true), routingKey: delivery.routingKey,
      headers: delivery.properties.headers, source: envelope.source, type: envelope.type, now: now)
    return (request, envelope.idempotencyKey)
  }

  private func draft(_ data: JSONValue, _ routingKey: String) throws(Rejection) -> SubmissionDraft {
    let standard = RoutingKey(routingKey)
    do throws(DraftError) {
      return try SubmissionDraft.parse(data, defaultQueue: standard.queue, defaultKind: standard.kind)
    } catch {
      throw Rejection(error)
    }
  }
}
