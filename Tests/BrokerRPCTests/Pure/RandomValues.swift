import ServiceQueue

/// Makes values of the domain, each with what may be absent there or not.
struct RandomValues {
  var random = SystemRandomNumberGenerator()

  mutating func chance() -> Bool { Bool.random(using: &random) }
  mutating func number() -> UInt64 { UInt64.random(in: 0...UInt64.max, using: &random) }
  mutating func maybe<Value>(_ make: (inout RandomValues) -> Value) -> Value? { chance() ? make(&self) : nil }
  mutating func list<Value>(_ most: Int = 4, _ make: (inout RandomValues) -> Value) -> [Value] {
    (0..<Int.random(in: 0...most, using: &random)).map { _ in make(&self) }
  }
  mutating func one<Value>(of values: [Value]) -> Value { values.randomElement(using: &random)! }

  mutating func text() -> String {
    let letters = Array("abcxyz019 äß€𝄞\"\\\n{}")
    return "t" + String(list(12) { $0.one(of: letters) })
  }
  mutating func word() -> String { "w" + String(list(8) { $0.one(of: Array("abz09_-")) }) }
  mutating func bytes() -> [UInt8] { list(40) { UInt8.random(in: 0...255, using: &$0.random) } }
  mutating func id() -> ServiceID {
    let digits = (0..<32).map { _ in one(of: Array("0123456789abcdef")) }
    let parts = [8, 4, 4, 4, 12].reduce(into: (text: [String](), start: 0)) { found, length in
      found.text.append(String(digits[found.start..<found.start + length]))
      found.start += length
    }
    return ServiceID(parts.text.joined(separator: "-"))!
  }
  mutating func queue() -> QueueName { QueueName(word())! }
  mutating func epoch() -> Epoch { Epoch("e" + String(number(), radix: 36))! }
  mutating func order() -> OrderKey { OrderKey(Int64.random(in: 0..<1 << 53, using: &random))! }
  mutating func priority() -> Priority { Priority(Int.random(in: 0...9, using: &random))! }
  mutating func moment() -> Timestamp { Timestamp(milliseconds: Int64.random(in: 0...1 << 45, using: &random)) }
  mutating func skills(_ most: Int) -> SkillSet { SkillSet(list(most) { $0.word() }, most: most)! }
  mutating func count() -> Int { Int.random(in: 0...1 << 40, using: &random) }
  mutating func state() -> ServiceState { one(of: ServiceState.allCases) }
  mutating func level() -> AccessLevel { one(of: AccessLevel.allCases) }
  mutating func sealed() -> SealedPersonalData { SealedPersonalData(wrappedKey: bytes(), ciphertext: bytes()) }
  mutating func digest() -> QueueDigest { QueueDigest(value: number()) }

  mutating func service() -> Service {
    Service(
      id: id(), queue: queue(), ticket: number(), kind: word(), priority: priority(), order: order(), state: state(),
      version: number(), attempts: Int.random(in: 0...1_000, using: &random), requires: skills(8), submitter: text(),
      submittedAt: moment(), scheduledFor: maybe { $0.moment() },
      assignee: maybe { Assignee(id: $0.text(), name: $0.text()) }, fence: maybe { $0.number() },
      claimedAt: maybe { $0.moment() }, startedAt: maybe { $0.moment() }, heldAt: maybe { $0.moment() },
      holdUntil: maybe { $0.moment() }, endedAt: maybe { $0.moment() }, personal: maybe { $0.sealed() })
  }

  mutating func submission() -> Submission {
    Submission(
      id: id(), queue: queue(), kind: word(), priority: priority(), requires: skills(8),
      scheduledFor: maybe { $0.moment() }, personal: maybe { $0.sealed() }, submitter: text(), submitterName: text(),
      idempotencyKey: text(), fingerprint: word(), trace: trace())
  }

  mutating func trace() -> TraceContext? {
    maybe { TraceContext(traceparent: $0.word(), tracestate: $0.maybe { $0.word() }) }
  }

  mutating func error() -> BrokerError {
    BrokerError(one(of: BrokerError.Code.allCases), text(), state: maybe { $0.state() })
  }

  mutating func ref() -> ServiceRef {
    ServiceRef(id: id(), queue: maybe { $0.queue() }, ifVersion: maybe { $0.number() })
  }
  mutating func lease() -> LeaseDuration? {
    maybe { LeaseDuration(milliseconds: Int64.random(in: 5_000...3_600_000, using: &$0.random))! }
  }
  mutating func hold() -> HoldDuration? {
    maybe { HoldDuration(milliseconds: Int64.random(in: 5_000...86_400_000, using: &$0.random))! }
  }
  mutating func fence() -> QueueVersion? { maybe { $0.number() } }

  /// One of each command.
  mutating func commands() -> [Command] {
    [
      .claim(ref(), lease: lease()), .claimNext(queue(), lease: lease()),
      .start(ref(), fence: fence(), lease: lease()), .renew(ref(), fence: fence(), lease: lease()),
      .hold(ref(), fence: fence(), hold: hold()), .resume(ref(), fence: fence(), lease: lease()),
      .release(ref(), fence: fence()), .complete(ref(), fence: fence()), .noShow(ref(), fence: fence()),
      .reinstate(ref()), .move(ref(), to: .first), .move(ref(), to: .last), .move(ref(), to: .before(id())),
      .move(ref(), to: .after(id())), .reprioritise(ref(), priority()),
      .transfer(ref(), to: queue(), fence: fence()), .remove(ref()),
      .assign(ref(), to: principal(), fence: fence(), lease: lease()),
    ]
  }

  mutating func principal() -> Principal {
    Principal(
      id: text(), name: text(), level: level(), queues: maybe { Set($0.list { $0.queue() }) }, skills: skills(64),
      capacity: maybe { Int.random(in: 1...10_000, using: &$0.random) })
  }
  mutating func key() -> IdempotencyKey? { maybe { IdempotencyKey($0.word())! } }

  /// One of each change.
  mutating func changes() -> [QueueEvent.Change] {
    var changes: [QueueEvent.Change] = [
      .added(service(), from: maybe { $0.queue() }), .moved(service()), .claimed(service()), .started(service()),
      .held(service()), .resumed(service()), .transferred(service()), .completed(service()), .noShow(service()),
      .removed(service()),
      .renumbered(list { QueueEvent.Renumbering(id: $0.id(), order: $0.order()) }),
    ]
    changes += QueueEvent.UpdateReason.allCases.map { .updated(service(), $0) }
    changes += QueueEvent.ReturnReason.allCases.map { .returned(service(), $0) }
    changes += QueueEvent.ReturnReason.allCases.map { .dead(service(), $0) }
    changes += QueueMode.allCases.map { .mode($0) }
    return changes
  }

  mutating func event(_ change: QueueEvent.Change) -> QueueEvent {
    QueueEvent(
      queue: queue(), epoch: epoch(), version: number(), digest: digest(), at: moment(), actor: text(), change: change)
  }

  mutating func summary() -> QueueSummary {
    var counts = StateCounts()
    for state in ServiceState.allCases { counts[state] = count() }
    return QueueSummary(
      queue: queue(), version: number(), epoch: epoch(), digest: digest(), mode: one(of: QueueMode.allCases),
      counts: counts)
  }
  mutating func statistics() -> QueueStatistics {
    QueueStatistics(summary: summary(), activeEmployees: count(), handlingTimes: list { Int64($0.count()) })
  }
  mutating func cursor() -> ListCursor { ListCursor(order: order(), id: id()) }
  mutating func entry() -> PresenceEntry {
    PresenceEntry(connection: text(), user: text(), name: text(), level: level())
  }
  mutating func change() -> PresenceChange {
    PresenceChange(queue: queue(), kind: chance() ? .joined : .left, entry: entry())
  }
}
