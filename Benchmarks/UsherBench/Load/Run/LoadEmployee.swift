import ServiceQueue

/// An employee, who takes the next service when the schedule says so and does with it what was drawn.
struct LoadEmployee: Sendable {
  let desk: Desk
  let queue: QueueName
  let record: LoadRecord

  /// The visit that is due then; false when nobody waited. What fails is counted, and its service comes back when its lease ends.
  @discardableResult
  func visit(_ plan: VisitPlan, due: UInt64) async -> Bool {
    do {
      guard let service = try await claim(due: due) else { return false }
      switch plan.course {
      case .completed:
        try await timed(.start, .start(service), after: plan.calling)
        try await timed(.complete, .complete(service), after: plan.handling)
        record.note { $0.timeline.count(.completed, at: record.clock.now) }
      case .held:
        try await timed(.start, .start(service), after: plan.calling)
        try await step(.hold(service))
        try await pause(plan.handling)
        try await step(.resume(service))
        try await timed(.complete, .complete(service), after: 0)
        record.note { $0.timeline.count(.completed, at: record.clock.now) }
      case .returned:
        try await pause(plan.calling)
        try await step(.release(service))
      case .noShow:
        try await pause(plan.calling)
        try await step(.noShow(service))
      }
      record.note { $0.end(plan.course) }
    } catch {
      // It was counted where it happened.
    }
    return true
  }

  /// Nil when nobody waits.
  private func claim(due: UInt64) async throws -> ClaimedService? {
    record.note { $0.offer(.claimNext, due: due) }
    do {
      let service = try ClaimedService(try await desk.perform(.claimNext(queue)))
      record.note { $0.finish(.claimNext, due: due, now: record.clock.now) }
      return service
    } catch {
      if error.code == "queue_empty" {
        record.note { $0.foundEmpty(due: due) }
        return nil
      }
      record.fail(LoadAction.claimNext.rawValue, error)
      throw error
    }
  }

  /// A command that is due after so many seconds.
  private func timed(_ action: LoadAction, _ command: DeskCommand, after seconds: Double) async throws {
    let due = record.clock.now + UInt64(seconds * 1e6)
    try await record.clock.sleep(until: due)
    record.note { $0.offer(action, due: due) }
    try await step(command)
    record.note { $0.finish(action, due: due, now: record.clock.now) }
  }

  private func step(_ command: DeskCommand) async throws {
    do {
      _ = try await desk.perform(command)
    } catch {
      record.fail(command.method, error)
      throw error
    }
  }

  private func pause(_ seconds: Double) async throws {
    try await record.clock.sleep(until: record.clock.now + UInt64(seconds * 1e6))
  }
}
