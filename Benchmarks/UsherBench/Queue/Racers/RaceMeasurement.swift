import RedisBroker
import ServiceQueue

/// Many employees who claim the same service at the same time, while somebody else works in another queue.
struct RaceMeasurement {
  /// What came out.
  struct Results: Sendable, Encodable {
    let racers: Int
    /// From the first claim to the last answer, of every race.
    let race: Latency
    /// Moves in another queue by one caller, without racers.
    let alone: Latency
    /// The same while races went on.
    let meanwhile: Latency
    let races: Int
    let movesMeanwhile: Int

    var targets: [Target] {
      [
        Target(
          "slowest command of others during races, by the longest race", Double(meanwhile.max) / Double(race.max),
          .atMost(1))
      ]
    }
    /// A result without these would have been an error.
    var checks: [String] {
      ["\(races) races of \(racers.readable) claims of one service: one winner each, all answered"]
    }
    var table: Table {
      var table = Table(
        "\(racers.readable) racers for one service, us", ["what", "how many", "p50", "p99", "max"])
      for (name, count, latency) in [
        ("a race, all answered", races, race), ("another caller's moves, alone", movesMeanwhile, alone),
        ("another caller's moves, meanwhile", movesMeanwhile, meanwhile),
      ] {
        table.add([name, count.readable, latency.p50.readable, latency.p99.readable, latency.max.readable])
      }
      return table
    }
  }

  private let bench: QueueBenchmark
  private let supervisor: Principal

  init(_ bench: QueueBenchmark) {
    self.bench = bench
    supervisor = bench.employee("supervisor", .supervisor)
  }

  func measure() async throws -> Results {
    var maker = try SampleSubmissions()
    let track = try await bench.createQueue("race")
    let elsewhere = try await bench.createQueue("elsewhere")
    let others = try maker.make(500, for: elsewhere)
    try await bench.submit(others)
    let ids = others.map(\.id)
    let racers = (0..<bench.plan.racers).map { bench.employee("racer-\($0)") }
    var races: [UInt64] = []
    var meanwhile: [UInt64] = []
    for _ in 0..<bench.plan.races {
      let prize = try maker.make(1, for: track)
      try await bench.submit(prize)
      let (race, moves) = try await race(for: prize[0].id, in: track, racers, ids, elsewhere)
      races.append(race)
      meanwhile += moves
    }
    var alone: [UInt64] = []
    while alone.count < meanwhile.count { alone.append(try await move(alone.count, ids, elsewhere)) }
    return Results(
      racers: racers.count, race: Latency(nanoseconds: races), alone: Latency(nanoseconds: alone),
      meanwhile: Latency(nanoseconds: meanwhile), races: races.count, movesMeanwhile: meanwhile.count)
  }

  private enum Finished: Sendable {
    case winner(Service)
    case loser
    case moves([UInt64])
  }

  /// How long it took, and how long each move elsewhere took meanwhile.
  private func race(
    for id: ServiceID, in track: QueueName, _ racers: [Principal], _ ids: [ServiceID], _ elsewhere: QueueName
  ) async throws -> (UInt64, [UInt64]) {
    let broker = bench.broker
    let start = ContinuousClock.now
    var winners: [Service] = []
    var answered = 0
    var took: UInt64 = 0
    var moves: [UInt64] = []
    try await withThrowingTaskGroup(of: Finished.self) { group in
      group.addTask(executorPreference: bench.executor) {
        var times: [UInt64] = []
        while !Task.isCancelled { times.append(try await move(times.count, ids, elsewhere)) }
        return .moves(times)
      }
      for racer in racers {
        group.addTask(executorPreference: bench.executor) {
          do {
            let claim = Command.claim(ServiceRef(id: id, queue: track), lease: nil)
            return .winner(try await broker.perform(CommandRequest(claim, by: racer)).service)
          } catch let error as BrokerError where error.code == .illegalTransition && error.state == .claimed {
            return .loser
          }
        }
      }
      for try await finished in group {
        switch finished {
        case .winner(let service):
          winners.append(service)
          answered += 1
        case .loser: answered += 1
        case .moves(let times): moves = times
        }
        if answered == racers.count, took == 0 {
          took = start.nanosecondsAgo
          group.cancelAll()
        }
      }
    }
    guard winners.count == 1, let winner = winners.first else {
      throw BenchError("a race had \(winners.count) winners; this is a bug")
    }
    let remove = Command.remove(ServiceRef(id: winner.id, queue: track))
    _ = try await broker.perform(CommandRequest(remove, by: supervisor))
    return (took, moves)
  }

  /// One move, and how long it took.
  private func move(_ number: Int, _ ids: [ServiceID], _ queue: QueueName) async throws -> UInt64 {
    var random = SeededRandom(seed: UInt64(number))
    let moved = Int.random(in: 0..<ids.count, using: &random)
    let target = (moved + Int.random(in: 1..<ids.count, using: &random)) % ids.count
    let move = Command.move(ServiceRef(id: ids[moved], queue: queue), to: .before(ids[target]))
    let start = ContinuousClock.now
    _ = try await bench.broker.perform(CommandRequest(move, by: supervisor))
    return start.nanosecondsAgo
  }
}
