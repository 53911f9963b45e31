extension MeasuredResult {
  /// Its rates, beside that of another way in the same run.
  func rate(byBaseline ratio: Double? = nil) -> Figure? {
    Figure("\(name), rate", "\(unit)/s", .higher, runs.map(\.perSecond), byBaseline: ratio)
  }
}

extension QueueBenchmark.Results: Figured {
  var figures: [Figure] {
    var figures: [Figure?] = lives.map { $0.rate() }
    for comparison in rates {
      let cpu = comparison.ours.runs.map { $0.cpuSecondsPerOperation * 1e6 }
      figures.append(comparison.ours.rate(byBaseline: comparison.ratio))
      figures.append(Figure("\(comparison.ours.name), CPU", "us", .lower, cpu))
    }
    for row in sizes.rows {
      for call in SizeMeasurement.Call.allCases {
        figures.append(Figure("\(call.rawValue) at \(row.size), p50", "us", .lower, [row.p50[call] ?? .nan]))
        figures.append(Figure("\(call.rawValue) at \(row.size), p99", "us", .lower, [row.p99[call] ?? .nan]))
      }
    }
    for function in sizes.longest {
      figures.append(Figure("\(function.name), longest in Redis", "us", .lower, function.longest.map { Double($0) }))
    }
    figures.append(Figure("a service in Redis", "bytes", .lower, [Double(sizes.memory.perService)]))
    figures.append(Figure("\(races.racers) racers, a race, p50", "us", .lower, [Double(races.race.p50)]))
    return figures.compactMap(\.self)
  }
}

extension FanoutBenchmark.Results: Figured {
  var figures: [Figure] {
    var figures: [Figure?] = []
    if let steady {
      let runs = steady.usher
      figures += [
        Figure(
          "steady, CPU of a delivery", "us", .lower, runs.map(\.cpuMicroseconds), byBaseline: steady.ratio),
        Figure("steady, p50", "ms", .lower, runs.map { Double($0.latency.p50) / 1_000 }),
        Figure("steady, p99", "ms", .lower, runs.map { Double($0.latency.p99) / 1_000 }),
      ]
    }
    figures += flood.map {
      Figure(
        "flood to \($0.sockets), deliveries", "/s", .higher, $0.usher.map(\.perSecond), byBaseline: $0.ratio)
    }
    if let memory {
      figures.append(
        Figure("an idle connection, resident memory", "bytes", .lower, memory.runs.map(\.bytesPerConnection)))
    }
    if let storm { figures.append(Figure("all cut, all back", "s", .lower, storm.runs.map(\.seconds))) }
    return figures.compactMap(\.self)
  }
}

extension EncryptionResults: Figured {
  var figures: [Figure] {
    all.compactMap { result in
      let bytes = result.bytes.map { ", \($0) B" } ?? ""
      return Figure(
        result.name + bytes, "ns", .lower, result.runs.map { $0.cpuSecondsPerOperation * 1e9 },
        byBaseline: byFloor(result))
    }
  }

  /// By the loop of C that does the same.
  private func byFloor(_ result: MeasuredResult) -> Double? {
    guard let bytes = result.bytes,
      let direction = Direction.allCases.first(where: { result.name.hasPrefix($0.rawValue + ": ") }),
      let floor = self.result(direction, .floor, bytes: bytes)
    else { return nil }
    return result.nanoseconds / floor.nanoseconds
  }
}

extension RestBenchmark.Results: Figured {
  var figures: [Figure] {
    let ratio = median(usher.map(\.perSecond)) / median(go.map(\.perSecond))
    return [
      Figure("GET /v1/users/{id}, rate", "/s", .higher, usher.map(\.perSecond), byBaseline: ratio),
      Figure("GET /v1/users/{id}, CPU", "us", .lower, usher.map(\.cpuMicroseconds)),
      Figure("GET /v1/users/{id}, p99", "us", .lower, usher.map { Double($0.p99) }),
    ].compactMap(\.self)
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[(values.count - 1) / 2] }
}

extension IntakeCommand.Results: Figured {
  var figures: [Figure] {
    var figures: [Figure?] = []
    if let drain {
      let rates = drain.usher.map(\.perSecond)
      let batched = Figure("Go", "/s", .higher, drain.goBatched.map(\.perSecond))?.median
      let ours = Figure("usher", "/s", .higher, rates)?.median
      let ratio = ours.flatMap { ours in batched.map { ours / $0 } }
      figures += [
        Figure("drain, rate", "requests/s", .higher, rates, byBaseline: ratio),
        Figure("drain, CPU", "us", .lower, drain.usher.map(\.cpuMicroseconds)),
      ]
    }
    if let screen {
      figures += [
        Figure("publish to screen, p50", "ms", .lower, screen.runs.map { Double($0.p50) / 1_000 }),
        Figure("publish to screen, p99", "ms", .lower, screen.runs.map { Double($0.p99) / 1_000 }),
      ]
    }
    return figures.compactMap(\.self)
  }
}

extension RpcBenchmark.Results: Figured {
  var figures: [Figure] { rows.compactMap { $0.remote.rate(byBaseline: $0.ratio) } }
}

extension EstimateBenchmark.Results: Figured {
  var figures: [Figure] {
    [
      Figure("waits outside the range, staff as it was", "%", .lower, [100 - 100 * withSteadyStaff.share]),
      Figure("waits outside the range, all queues", "%", .lower, [100 - 100 * all.share]),
    ].compactMap(\.self)
  }
}
