import CFanout
import Foundation

/// What the benchmark tells the server to do, a line each:
///
/// - `publish COUNT`: that many events at once, each a batch of its own.
/// - `steady RATE COUNT`: so many a second, evenly, until there were `COUNT`; answered with `done`.
/// - `counts`: answered with `counts ACCOUNTS SNAPSHOTS RECOVERIES`, the calls so far.
struct Orders: Sendable {
  let events: any EventSource
  let accounts: CountedAccounts

  /// Obeys until the standard input ends, and with it the process. Blocks a thread of its own.
  func obey() {
    while let line = readLine() {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { UInt64($0) }
      switch (words.first, numbers.count) {
      case ("publish", 1): publish(numbers[0])
      case ("steady", 2): steady(rate: numbers[0], count: numbers[1])
      case ("counts", 0):
        let counts = events.counts
        Self.answer("counts \(accounts.calls) \(counts.snapshots) \(counts.recoveries)")
      default: Self.answer("failed: '\(line)' is no order")
      }
    }
    exit(0)
  }

  static func answer(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  private func publish(_ count: UInt64) {
    for _ in 0..<count where !events.publish() {
      return Self.answer("failed: the Gateway does not take the events")
    }
  }

  private func steady(rate: UInt64, count: UInt64) {
    let start = cfanout_now()
    for number in 0..<count {
      cfanout_sleep_until(start + number * 1_000_000 / max(1, rate))
      publish(1)
    }
    Self.answer("done")
  }
}
