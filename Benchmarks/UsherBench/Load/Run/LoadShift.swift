import Intake
import ServiceQueue

/// The run itself: from the first request that is due until all that is under way has ended.
struct LoadShift: Sendable {
  /// Who empties the queue at the end.
  private static let cleaners = 8
  /// How long they wait for what does not come, in microseconds.
  private static let patience: UInt64 = 5_000_000

  let plan: LoadPlan
  let target: LoadTarget
  let sessions: Sessions
  let crew: LoadCrew
  let kinds: LoadKinds
  let schedule: [UInt64]
  let record: LoadRecord

  private var clock: LoadClock { record.clock }
  private var deadline: UInt64 { UInt64((plan.total + LoadPlan.settling) * 1e6) }

  /// Works until the queue is empty again or the time for it is over. What the server used, if it can be told.
  func work() async throws -> LoadWatch.Usage? {
    clock.begin(after: .milliseconds(200))
    return try await withThrowingTaskGroup(of: Void.self) { background in
      background.addTask { try await LoadProgress(record: record, plan: plan).run() }
      background.addTask { try await renewTokens() }
      defer { background.cancelAll() }
      async let usage = watch()
      await withDiscardingTaskGroup { group in
        group.addTask { await publish() }
        group.addTask { await visit() }
        group.addTask { await askBare() }
      }
      await empty()
      try Task.checkCancellation()
      return try await usage
    }
  }

  private func watch() async throws -> LoadWatch.Usage? {
    guard let process = target.process else { return nil }
    return try await LoadWatch(process: process, clock: clock, window: plan.window).run()
  }

  private func renewTokens() async throws {
    while true {
      try await Task.sleep(for: Sessions.renewal)
      do {
        await crew.use(viewer: try await sessions.renew(.viewer), agent: try await sessions.renew(.agent))
      } catch is BenchError {
        record.note { $0.fail("sign in", "refused") }
      }
    }
  }

  private func publish() async {
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<plan.producers {
        group.addTask {
          let producer = LoadProducer(
            number, of: plan.producers, schedule: schedule, kinds: kinds, queue: plan.queue, record: record)
          do {
            try await SamplePublisher(url: target.amqp).publish(producer)
          } catch is CancellationError {
            record.note { $0.fail(LoadAction.publish.rawValue, "not_confirmed") }
          } catch {
            record.note { $0.fail(LoadAction.publish.rawValue, "connection_lost") }
          }
        }
      }
      group.addTask { try? await clock.sleep(until: deadline) }
      // Everybody but one of them: the clock, or a producer whose time is over.
      for _ in 0..<plan.producers { await group.next() }
      group.cancelAll()
    }
  }

  private func visit() async {
    var random = SeededRandom(seed: plan.seed &+ 1)
    var number = 0
    await withDiscardingTaskGroup { group in
      for due in ArrivalSchedule(rate: plan.claimRate, seconds: plan.total, seed: plan.seed &+ 2) {
        guard (try? await clock.sleep(until: due)) != nil else { return }
        let course = VisitPlan.draw(meanHandling: plan.handling, &random)
        let employee = employee(number)
        number += 1
        guard record.note({ $0.beginVisit() }) else { continue }
        group.addTask {
          await employee.visit(course, due: due)
          record.note { $0.endVisit() }
        }
      }
    }
  }

  private func employee(_ number: Int) -> LoadEmployee {
    LoadEmployee(desk: crew.desks[number % crew.desks.count], queue: plan.queue, record: record)
  }

  private func askBare() async {
    await withDiscardingTaskGroup { group in
      for due in ArrivalSchedule(rate: LoadPlan.bareRate, seconds: plan.total, seed: plan.seed &+ 3) {
        guard (try? await clock.sleep(until: due)) != nil else { return }
        record.note { $0.offer(.bare, due: due) }
        group.addTask {
          do throws(LoadError) {
            _ = try await crew.bare.json("GET", "/.well-known/jwks.json")
            record.note { $0.finish(.bare, due: due, now: clock.now) }
          } catch {
            record.fail(LoadAction.bare.rawValue, error)
          }
        }
      }
    }
  }

  /// Takes what still waits, so that nothing of the load stays behind; not measured any more.
  private func empty() async {
    await withDiscardingTaskGroup { group in
      for number in 0..<min(Self.cleaners, plan.employees) {
        group.addTask {
          let plan = VisitPlan(course: .completed, calling: 0, handling: 0)
          var last = clock.now
          while clock.now < deadline, !Task.isCancelled {
            if await employee(number).visit(plan, due: clock.now) {
              last = clock.now
            } else {
              // What was confirmed and was not seen may be on its way, or lost.
              guard clock.now < last + Self.patience, record.note({ $0.ledger.seen < $0.ledger.confirmed }) else {
                return
              }
              try? await Task.sleep(for: .milliseconds(50))
            }
          }
        }
      }
    }
  }
}
