/// Callers side by side, each of which waits for its answer before it calls again.
enum Callers {
  /// Makes `calls` calls of `body`, shared out evenly among `callers` tasks that prefer `executor`, and measures them. `body` is told
  /// which caller it is (from 0) and the number of the call (from 0, each once). The first error ends all.
  static func run<Value: Sendable>(
    _ callers: Int, calls: Int, on executor: any TaskExecutor,
    _ body: @escaping @Sendable (_ caller: Int, _ call: Int) async throws -> Value
  ) async throws -> (values: [Value], sample: Sample) {
    var values: [Value] = []
    var nanoseconds: [UInt64] = []
    values.reserveCapacity(calls)
    nanoseconds.reserveCapacity(calls)
    let stopwatch = Stopwatch()
    try await withThrowingTaskGroup(of: ([Value], [UInt64]).self) { group in
      for caller in 0..<callers {
        let share = (calls * caller / callers)..<(calls * (caller + 1) / callers)
        group.addTask(executorPreference: executor) { try await calling(caller, share, body) }
      }
      for try await (some, times) in group {
        values += some
        nanoseconds += times
      }
    }
    // Filling the histogram is not a part of what is measured.
    let bare = stopwatch.sample(operations: calls)
    let latency = Latency(nanoseconds: nanoseconds)
    let sample = Sample(
      operations: calls, seconds: bare.seconds, cpuSeconds: bare.cpuSeconds, latency: latency)
    return (values, sample)
  }

  private static func calling<Value: Sendable>(
    _ caller: Int, _ share: Range<Int>, _ body: @Sendable (Int, Int) async throws -> Value
  ) async throws -> ([Value], [UInt64]) {
    var values: [Value] = []
    var nanoseconds: [UInt64] = []
    values.reserveCapacity(share.count)
    nanoseconds.reserveCapacity(share.count)
    for call in share {
      try Task.checkCancellation()
      let start = ContinuousClock.now
      values.append(try await body(caller, call))
      nanoseconds.append(start.nanosecondsAgo)
    }
    return (values, nanoseconds)
  }
}

extension ContinuousClock.Instant {
  /// How long ago it was.
  var nanosecondsAgo: UInt64 {
    let (seconds, attoseconds) = (ContinuousClock.now - self).components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
