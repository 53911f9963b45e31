import Intake
import Reactor
import ServiceQueue

/// The load: producers, employees and viewers, each at moments of their own, whether or not the server keeps up.
struct LoadBenchmark: Sendable {
  let plan: LoadPlan
  let target: LoadTarget

  /// Carries it out and leaves the queue empty. Throws when it cannot begin.
  func run() async throws -> LoadResults {
    try OpenFiles.allow(plan.viewers + plan.employees + plan.producers + 100)
    let reactor = try Reactor(name: "load-clients")
    let result: Result<LoadResults, any Error>
    do {
      result = .success(try await withTaskExecutorPreference(reactor) { try await measure(on: reactor) })
    } catch {
      result = .failure(error)
    }
    await reactor.shutdown()
    return try result.get()
  }

  private func measure(on reactor: Reactor) async throws -> LoadResults {
    let sessions = Sessions(target, on: reactor)
    let supervisor = RestClient(target.http, token: try await sessions.token(.supervisor), on: reactor)
    try await prepareQueue(supervisor, sessions, reactor)
    let schedule = Array(ArrivalSchedule(rate: plan.requestRate, seconds: plan.total, seed: plan.seed))
    var tally = LoadTally(plan: plan, due: schedule)
    for due in schedule {
      tally.offer(.publish, due: due)
      tally.offer(.screen, due: due, times: plan.viewers)
      tally.timeline.count(.offered, at: due)
    }
    let kinds = LoadKinds(run: UInt64.random(in: 0...UInt64(UInt32.max)))
    let record = LoadRecord(clock: LoadClock(), tally: tally)
    let crew = try await LoadCrew.assemble(plan, target, sessions, kinds: kinds, record: record, on: reactor)
    let shift = LoadShift(
      plan: plan, target: target, sessions: sessions, crew: crew, kinds: kinds, schedule: schedule, record: record)
    let usage: LoadWatch.Usage?
    do {
      // Whoever waits for an answer when the run is ended waits no longer.
      usage = try await withTaskCancellationHandler {
        try await shift.work()
      } onCancel: {
        Task { await crew.close() }
      }
    } catch {
      await crew.close()
      throw error
    }
    // The first one may be over by now.
    await supervisor.use(try await sessions.renew(.supervisor))
    let version = try? await supervisor.json("GET", "/v1/queues/\(plan.queue)")["version"]?.int
    await crew.catchUp(to: version ?? 0)
    record.note { $0.screens.missed = crew.missed(of: $0.ledger.seen) }
    let audit = LoadAudit(supervisor: supervisor, queue: plan.queue, kinds: kinds, record: record)
    let missing: [Int]
    do {
      missing = try await audit.missing()
    } catch {
      throw BenchError("the server cannot be asked what became of the requests: \(error)")
    }
    await crew.close()
    await supervisor.close()
    await sessions.close()
    return LoadResults(plan: plan, tally: record.snapshot, lost: missing.count, usage: usage)
  }

  /// The queue must be there and empty: claim-next would give out what is others'.
  private func prepareQueue(_ supervisor: RestClient, _ sessions: Sessions, _ reactor: Reactor) async throws {
    let answer: Result<JSONValue, LoadError>
    do {
      answer = .success(try await supervisor.json("GET", "/v1/queues/\(plan.queue)"))
    } catch {
      answer = .failure(error)
    }
    switch answer {
    case .success(let queue):
      guard queue["total"]?.int == 0, queue["mode"]?.string == "open" else {
        throw BenchError("queue '\(plan.queue)' is not open and empty: the load would work on what is in it")
      }
    case .failure(let error):
      guard error.code == "unknown_queue" else {
        throw BenchError("\(target.http.text) cannot be asked for queue '\(plan.queue)': \(error)")
      }
      let admin = RestClient(target.http, token: try await sessions.token(.admin), on: reactor)
      let made = try await admin.ask("PUT", "/v1/queues/\(plan.queue)", Array("{}".utf8))
      await admin.close()
      guard (200..<300).contains(made.status) else {
        throw BenchError("queue '\(plan.queue)' cannot be made: the server answers \(made.status)")
      }
    }
  }
}
