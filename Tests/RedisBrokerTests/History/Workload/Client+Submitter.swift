import Foundation
import ServiceQueue

extension Client {
  /// Submits small batches; sometimes again, under the same key with another id, as a door does that makes ids itself.
  mutating func runSubmitter() async {
    var ids = UUIDv7Generator()
    var former: [Submission] = []
    var number = 0
    while board.isOpen {
      var items: [Submission] = []
      let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
      let queue = self.queue
      for _ in 0...random.below(3) {
        number += 1
        items.append(submission(ids.next(now: now, using: &random), queue, key: "\(principal.id)-\(number)", at: now))
      }
      if random.chance(15), let old = former.last {
        items.append(Self.again(old, as: ids.next(now: now, using: &random), fingerprint: old.fingerprint))
      }
      if random.chance(5), let old = former.first {
        items.append(Self.again(old, as: ids.next(now: now, using: &random), fingerprint: "another"))
      }
      for outcome in await submit(items) {
        if case .stored(let service, _) = outcome { board.post(service) }
      }
      former = items
      await rest(upTo: 120)
    }
  }

  private mutating func submission(
    _ id: ServiceID, _ queue: QueueName, key: String, at now: Timestamp
  ) -> Submission {
    let isLater = random.chance(15)
    return Submission(
      id: id, queue: queue, kind: "passport", priority: Priority(random.below(10)) ?? .normal,
      requires: random.pick(Self.skills),
      scheduledFor: isLater ? Timestamp(milliseconds: now.milliseconds + Int64(random.below(4_000))) : nil,
      personal: nil, submitter: principal.id, submitterName: principal.name, idempotencyKey: key, fingerprint: key)
  }

  private static func again(_ old: Submission, as id: ServiceID, fingerprint: String) -> Submission {
    Submission(
      id: id, queue: old.queue, kind: old.kind, priority: old.priority, requires: old.requires,
      scheduledFor: old.scheduledFor, personal: old.personal, submitter: old.submitter,
      submitterName: old.submitterName, idempotencyKey: old.idempotencyKey, fingerprint: fingerprint)
  }
}
