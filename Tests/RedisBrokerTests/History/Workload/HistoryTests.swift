import Foundation
import RedisBroker
import Testing

@testable import RedisBroker

/// Many clients on several Brokers, while Redis is killed, frozen and cut off: then the checker must find nothing.
@Suite(.serialized, .timeLimit(.minutes(60))) struct HistoryTests {
  /// `USHER_HISTORY_SECONDS` and `USHER_HISTORY_SEED` choose; a longer run needs nothing else.
  private static func setting(_ name: String, otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } ?? otherwise
  }

  @Test func nothingIsLostDoubledOrOutOfOrder() async throws {
    let seed = Self.setting("USHER_HISTORY_SEED", otherwise: .random(in: 0..<1_000_000))
    let seconds = Self.setting("USHER_HISTORY_SECONDS", otherwise: 12)
    var run = HistoryRun(seed: seed, duration: .seconds(seconds))
    try await run.run(on: PrivateRedis())
    let anomalies = HistoryChecker.anomalies(of: run.history)
    print("→ history: \(run)")
    for anomaly in anomalies.prefix(20) { print("→ \(anomaly)") }
    #expect(anomalies.isEmpty, "seed \(seed): \(anomalies.count) anomalies, the first of them \(anomalies.prefix(3))")
    let acknowledged = run.history.operations.count { !$0.outcome.isWorthRepeating }
    #expect(acknowledged > 500, "so little happened that this proves nothing")
  }

  /// A wrong function, and what must be found then.
  private static let mutants: [(String, Set<Anomaly.Kind>)] = [
    ("no fence test", [.staleFenceAccepted]), ("no test of the holder", [.staleFenceAccepted]),
    ("no test of the state", [.doublyClaimed]), ("no test of the capacity", [.capacityExceeded]),
    ("claims next while paused", [.claimForbidden]), ("claims next without the skills", [.notTheFirst]),
    ("no dedupe of submissions", [.duplicated]), ("no outbox", [.lost]), ("no digest", [.copyDiffers]),
    ("no version", [.copyDiffers]),
  ]

  /// Whether the workload leads to what the checker can find, and the checker finds it.
  @Test func wrongFunctionsAreFound() async throws {
    for start in stride(from: 0, to: Self.mutants.count, by: Self.atOnce) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (name, kinds) in Self.mutants[start..<min(start + Self.atOnce, Self.mutants.count)] {
          group.addTask { try await Self.expect(kinds, of: name) }
        }
        try await group.waitForAll()
      }
    }
  }

  private static let atOnce = 5

  private static func expect(_ kinds: Set<Anomaly.Kind>, of name: String) async throws {
    let mutation = try #require(Mutation.all.first { $0.name == name })
    let text = try mutation.applied(to: String(decoding: PackageResources.usher_lua, as: UTF8.self))
    var missed: [HistoryRun] = []
    for seed in 7..<15 {
      var run = HistoryRun(
        seed: UInt64(seed), duration: .seconds(2), kinds: [.cut],
        libraries: [FunctionLibrary(template: Array(text.utf8))])
      try await run.run(on: PrivateRedis(["appendonly no"]))
      let found = Set(HistoryChecker.anomalies(of: run.history).map(\.kind))
      print("→ \(name): \(found.map(\.rawValue).sorted().joined(separator: ", "))")
      if found.isSuperset(of: kinds) { return }
      // Two seconds of chance do not always lead to it.
      missed.append(run)
    }
    Issue.record("\(name) is not found: \(missed)")
  }
}
