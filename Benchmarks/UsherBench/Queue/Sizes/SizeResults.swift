import ServiceQueue

extension SizeMeasurement {
  /// A function as Redis' slow log saw it.
  struct LongFunction: Sendable, Encodable {
    let name: String
    /// Its longest call of each run, in microseconds; 0 where none took 0.2 ms.
    let longest: [Int]

    /// The median of the runs.
    var microseconds: Int { longest.sorted()[(longest.count - 1) / 2] }
  }

  /// What came out.
  struct Results: Sendable, Encodable {
    let rows: [Row]
    /// Where it took 0.2 ms or longer.
    let longest: [LongFunction]
    let memory: Memory

    var targets: [Target] {
      guard let shortest = rows.first, let largest = rows.last else { return [] }
      func p99(_ call: Call, _ row: Row) -> Double { row.p99[call] ?? .infinity }
      let size = largest.size.readable
      let long = longest.first
      return [
        Target(
          "claim_next, p99 at \(size) by that at \(shortest.size)",
          p99(.claimNext, largest) / p99(.claimNext, shortest), .atMost(2)),
        Target("position at \(size), p99", p99(.position, largest) / 1e3, .below(1), "ms"),
        Target("page of 100 at \(size), p99", p99(.page, largest) / 1e3, .below(5), "ms"),
        Target(
          "longest function in Redis (\(long?.name ?? "none"))", Double(long?.microseconds ?? 0) / 1e3, .below(5), "ms"),
        Target("a service in Redis", Double(memory.perService), .below(1_024), "bytes"),
      ]
    }

    var tables: [Table] {
      var calls = Table(
        "one caller, queues of different lengths, us",
        ["call"] + rows.flatMap { ["p50 at \($0.size.readable)", "p99"] })
      for call in Call.allCases {
        calls.add(
          [call.rawValue] + rows.flatMap { row in [row.p50[call], row.p99[call]].map { $0?.readable ?? "-" } })
      }
      var functions = Table("longest calls of functions, as Redis saw them", ["function", "us", "of the runs"])
      for function in longest {
        functions.add([
          function.name, function.microseconds.readable, function.longest.map(\.readable).joined(separator: " "),
        ])
      }
      return [calls, functions, memory.table]
    }
  }

  /// What a queue costs in Redis.
  struct Memory: Sendable, Encodable {
    let size: Int
    /// Bytes of each of its keys, by the last part of its name.
    let keys: [String: Int]
    /// Bytes of the index that belong to it.
    let index: Int
    /// By how much used memory grew when it was filled: with idempotency keys, the bounded stream of events, and what the
    /// allocator adds.
    let used: Int

    /// Bytes of one service's record, places and index entry.
    var perService: Int { (keys.filter { $0.key != "ev" }.reduce(0) { $0 + $1.value } + index) / size }

    init(of queue: QueueName, size: Int, used: Int, _ bench: QueueBenchmark) async throws {
      let prefix = "usher:{\(bench.site)}:"
      let names = try await bench.redis.ask([["KEYS", "\(prefix)q:\(queue):*"]]).sorted()
      var keys: [String: Int] = [:]
      for name in names {
        guard let part = name.split(separator: ":").last else { continue }
        keys[String(part)] = try await bench.redis.number("MEMORY", "USAGE", name, "SAMPLES", "0")
      }
      let index = try await bench.redis.number("MEMORY", "USAGE", prefix + "index", "SAMPLES", "0")
      let indexed = try await bench.redis.number("HLEN", prefix + "index")
      self.size = size
      self.keys = keys
      self.index = index / max(indexed, 1) * size
      self.used = used
    }

    var table: Table {
      var table = Table("bytes in Redis for each of \(size.readable) services", ["what", "bytes"])
      for (key, bytes) in keys.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) where key != "ev" {
        table.add([key, (bytes / size).readable])
      }
      table.add(["index", (index / size).readable])
      table.add(["a service: all of these", perService.readable])
      table.add(["used memory, with events and idempotency keys", (used / size).readable])
      return table
    }
  }
}
