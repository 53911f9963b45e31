import Foundation

/// What is asked of Redis past the Broker, by Redis' own programs.
extension PrivateRedis {
  /// A function that took long, as Redis' slow log has it.
  struct SlowCall: Sendable {
    /// Without library and version: `claim_next`.
    let function: String
    let microseconds: Int
  }

  /// Sends commands of words without spaces, one after another, and gives back the lines of the answers.
  @discardableResult func ask(_ commands: [[String]]) async throws -> [String] {
    let output = try await cli([], input: commands.map { $0.joined(separator: " ") + "\n" }.joined())
    let lines = output.split(whereSeparator: \.isNewline).map(String.init)
    if let error = lines.first(where: { $0.hasPrefix("ERR ") || $0.hasPrefix("OOM ") || $0.hasPrefix("WRONG") }) {
      throw BenchError("redis-cli was refused: \(error)")
    }
    return lines
  }

  /// One command whose answer is a number.
  func number(_ command: String...) async throws -> Int {
    guard let answer = try await ask([command]).first.flatMap(Int.init) else {
      throw BenchError("redis-cli \(command.joined(separator: " ")) answered no number")
    }
    return answer
  }

  /// Bytes that Redis has allocated for data.
  func usedMemory() async throws -> Int {
    let line = try await ask([["INFO", "memory"]]).first { $0.hasPrefix("used_memory:") }
    let digits = line?.dropFirst("used_memory:".count).prefix { $0.isNumber } ?? ""
    guard let bytes = Int(digits) else { throw BenchError("INFO memory tells no used_memory") }
    return bytes
  }

  /// The functions that took 0.2 ms or longer since the log was last emptied, which it is now.
  func takeSlowCalls() async throws -> [SlowCall] {
    let output = try await cli(["--json", "SLOWLOG", "GET", "-1"])
    try await ask([["SLOWLOG", "RESET"]])
    guard let entries = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[Any]] else {
      throw BenchError("SLOWLOG GET answered something else than a list")
    }
    return entries.compactMap { entry in
      guard entry.count > 3, let duration = entry[2] as? Int, let words = entry[3] as? [String], words.count > 1,
        words[0].uppercased().hasPrefix("FCALL")
      else { return nil }
      // `usher_`, a word for the version, the name.
      let name = words[1].split(separator: "_", maxSplits: 2).last.map(String.init) ?? words[1]
      return SlowCall(function: name, microseconds: duration)
    }
  }

  /// Has `redis-benchmark` send one command over one connection, 64 at a time, and gives back how many a second were answered. In
  /// `words` it puts a number of 12 digits below `numbers` for each `__rand_int__`.
  func rate(of words: [String], requests: Int, numbers: Int) async throws -> Double {
    // The password guards throw-away data for minutes; redis-benchmark takes it in no other way.
    let output = try await Tool.run(
      "redis-benchmark",
      [
        "-h", "127.0.0.1", "-p", "\(port)", "-a", password, "-c", "1", "-P", "64", "-n", "\(requests)", "-r",
        "\(numbers)", "--csv",
      ] + words, in: folder)
    // The command itself, which may hold anything, then seven numbers in quotation marks.
    let fields = output.split(whereSeparator: \.isNewline).last?.components(separatedBy: "\",\"") ?? []
    guard fields.count >= 8, let rate = Double(fields[fields.count - 7]), rate > 0 else {
      throw BenchError("redis-benchmark gave no rate; it says: \(output.suffix(300))")
    }
    return rate
  }

  private func cli(_ arguments: [String], input: String = "") async throws -> String {
    try await Tool.run(
      "redis-cli", ["-h", "127.0.0.1", "-p", "\(port)"] + arguments, input: input,
      environment: ["REDISCLI_AUTH": password], in: folder)
  }
}
