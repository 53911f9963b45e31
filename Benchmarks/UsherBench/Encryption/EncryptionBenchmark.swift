import FieldEncryption
import Foundation
import ServiceQueue
import UserStore

/// What sealing a field costs, beside libcrypto itself, `openssl speed` and swift-crypto; fingerprints and passwords.
///
/// One operation at a time, on one thread, with keys of its own. Compared is CPU time: what else runs on the machine then
/// disturbs little.
struct EncryptionBenchmark {
  static let sizes = [64, 256, 1_024, 16_384]

  private let duration: Duration
  private let keyset: Keyset

  /// What `run` checks before it measures.
  let checks = [
    "what was sealed opens to the same bytes at every size, and not after a bit was changed",
    "swift-crypto opens what we sealed, under the same key, nonce and associated data",
    "a hashed password is recognised, and another one is not",
  ]

  init(duration: Duration) throws {
    self.duration = duration
    keyset = try Keyset.generate()
  }

  /// Measures everything once, then again, so that what disturbs the machine for a while disturbs one run of each.
  func run(runs: Int) async throws -> EncryptionResults {
    let groups = try Self.sizes.map { try SealingSteps(keyset: keyset, size: $0).all } + [[try fingerprint()]]
    let steps = groups.flatMap(\.self)
    let hasher = PasswordHasher(workers: 1)
    try await check(hasher)
    var samples = [[Sample]](repeating: [], count: steps.count + 1)
    for _ in 0..<runs {
      var run: [Sample] = []
      for group in groups { run += try await EncryptionStep.run(group, duration) }
      run.append(try await hashing(hasher))
      for (place, sample) in run.enumerated() { samples[place].append(sample) }
    }
    let results = zip(steps, samples).map { step, samples in
      MeasuredResult(name: step.name, unit: "operations", callers: 1, bytes: step.bytes, runs: samples)
    }
    let scrypt = MeasuredResult(
      name: "scrypt of a password", unit: "operations", callers: 1, bytes: nil, runs: samples[steps.count])
    return EncryptionResults(all: results + [scrypt])
  }

  private func fingerprint() throws -> EncryptionStep {
    let vault = try FieldVault(keyset: keyset)
    let text = try SecureRandom.bytes(256)
    return .repeated("keyed fingerprint", bytes: 256) { try vault.fingerprint(of: text).utf8.count }
  }

  private func hashing(_ hasher: PasswordHasher) async throws -> Sample {
    var operations = 0
    let stopwatch = Stopwatch()
    repeat {
      _ = try await hasher.hash("correct horse battery staple")
      operations += 1
    } while stopwatch.elapsed < duration
    return stopwatch.sample(operations: operations)
  }

  private func check(_ hasher: PasswordHasher) async throws {
    let stored = try await hasher.hash("correct horse battery staple")
    guard try await hasher.verify("correct horse battery staple", stored) == .match,
      try await hasher.verify("correct horse battery stable", stored) == .mismatch
    else { throw BenchError("a password is not told from another; this is a bug") }
  }
}
