import Intake
import ServiceQueue

/// A producer: every so-manieth request of the schedule, each published when it is due.
struct LoadProducer: PacedRequests {
  private let record: LoadRecord
  private let schedule: [UInt64]
  private let kinds: LoadKinds
  private let queue: QueueName
  private let step: Int
  private var number: Int

  init(_ producer: Int, of count: Int, schedule: [UInt64], kinds: LoadKinds, queue: QueueName, record: LoadRecord) {
    self.record = record
    self.schedule = schedule
    self.kinds = kinds
    self.queue = queue
    step = count
    number = producer
  }

  mutating func next() throws -> PacedRequest {
    guard number < schedule.count else { return .end }
    let due = schedule[number]
    let wait = record.clock.wait(until: due)
    guard wait <= .zero else { return .wait(wait) }
    defer { number += step }
    let published = number
    record.note { $0.ledger.publish(published) }
    return .due(number, request(number))
  }

  mutating func answered(_ number: Int, isTaken: Bool) {
    let (now, due) = (record.clock.now, schedule[number])
    record.note { tally in
      tally.ledger.answer(number, isTaken: isTaken)
      if isTaken {
        tally.finish(.publish, due: due, now: now)
        tally.timeline.count(.confirmed, at: now)
      } else {
        tally.fail(LoadAction.publish.rawValue, "refused")
      }
    }
  }

  /// A structured CloudEvent of about 300 bytes, of somebody who does not exist.
  private func request(_ number: Int) -> SampleRequest {
    let kind = kinds.kind(number)
    return SampleRequest(
      id: kind, source: "/usher-bench/load", queue: queue, kind: kind,
      data: { data in
        data.key("customer")
        data.object { customer in
          customer.key("name")
          customer.string("Nina Example")
          customer.key("phone")
          customer.string("+44 20 7946 0000")
        }
        data.key("details")
        data.object { details in
          details.key("note")
          details.string("has all papers, waits outside")
        }
      })
  }
}
