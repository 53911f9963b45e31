import FieldEncryption
import ServiceQueue
import UserStore

/// What sealing, fingerprints and passwords cost: one at a time, on one thread, with keys of its own.
struct EncryptionBenchmark {
  private static let sizes = [64, 256, 1_024, 16_384]

  private let duration: Duration
  private let aead: AEAD
  private let vault: FieldVault
  private let id: ServiceID
  private let place: [UInt8]

  /// What `run` checks before it measures.
  let checks = [
    "what was sealed opens to the same bytes at every size, and not after a bit was changed",
    "a hashed password is recognised, and another one is not",
  ]

  init(duration: Duration) throws {
    self.duration = duration
    let keyset = try Keyset.generate()
    aead = try AEAD(keyset)
    vault = try FieldVault(keyset: keyset)
    var ids = UUIDv7Generator()
    var random = SystemRandomNumberGenerator()
    id = ids.next(now: Timestamp(milliseconds: 1_767_225_600_000), using: &random)
    place = SealedField(table: "bench", column: "text", row: id.rawValue).associatedData
  }

  /// Measures everything once, then again, so that what disturbs the machine for a while disturbs one run of each.
  func run(runs: Int) async throws -> [MeasuredResult] {
    let measurements = try self.measurements()
    var samples = [[Sample]](repeating: [], count: measurements.count + 1)
    let hasher = PasswordHasher(workers: 1)
    try await check(hasher)
    for _ in 0..<runs {
      for (index, measurement) in measurements.enumerated() {
        samples[index].append(try repeating(measurement.body))
      }
      samples[measurements.count].append(try await hashing(hasher))
    }
    let results = zip(measurements, samples).map { measurement, samples in
      MeasuredResult(
        name: measurement.name, unit: "operations", callers: 1, bytes: measurement.bytes, runs: samples)
    }
    let scrypt = MeasuredResult(
      name: "scrypt of a password", unit: "operations", callers: 1, bytes: nil, runs: samples[measurements.count])
    return results + [scrypt]
  }

  private struct Step {
    let name: String
    let bytes: Int
    let body: () throws -> Int
  }

  /// Each gives back how many bytes it made, so that nothing is left out as unused.
  private func measurements() throws -> [Step] {
    var steps: [Step] = []
    for size in Self.sizes {
      let plain = try SecureRandom.bytes(size)
      let sealed = try aead.seal(plain, associatedData: place)
      try check(sealed, opensTo: plain)
      steps.append(Step(name: "AEAD seal", bytes: size) { try aead.seal(plain, associatedData: place).count })
      steps.append(Step(name: "AEAD open", bytes: size) { try aead.open(sealed, associatedData: place).count })
    }
    let personal = SampleSubmissions.personal
    let size = (personal.customer?.count ?? 0) + (personal.details?.count ?? 0)
    let record = try vault.seal(personal, for: id)
    guard try vault.open(record, for: id) == personal else { throw BenchError("a sealed record opens to another one") }
    steps.append(
      Step(name: "record seal, new data key", bytes: size) { try vault.seal(personal, for: id).ciphertext.count })
    steps.append(
      Step(name: "record open", bytes: size) { try vault.open(record, for: id).customer?.count ?? 0 })
    let text = try SecureRandom.bytes(256)
    steps.append(Step(name: "keyed fingerprint", bytes: 256) { try vault.fingerprint(of: text).utf8.count })
    return steps
  }

  /// Looks at the clock every 32 operations.
  private func repeating(_ body: () throws -> Int) throws -> Sample {
    var operations = 0
    var made = 0
    let stopwatch = Stopwatch()
    repeat {
      for _ in 0..<32 { made &+= try body() }
      operations += 32
    } while stopwatch.elapsed < duration
    let sample = stopwatch.sample(operations: operations)
    guard made > 0 else { throw BenchError("nothing was made in \(operations) operations; this is a bug") }
    return sample
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

  private func check(_ sealed: [UInt8], opensTo plain: [UInt8]) throws {
    guard try aead.open(sealed, associatedData: place) == plain else {
      throw BenchError("sealed bytes open to others; this is a bug")
    }
    var changed = sealed
    changed[changed.count / 2] ^= 1
    guard (try? aead.open(changed, associatedData: place)) == nil else {
      throw BenchError("changed bytes open; this is a bug")
    }
  }

  private func check(_ hasher: PasswordHasher) async throws {
    let stored = try await hasher.hash("correct horse battery staple")
    guard try await hasher.verify("correct horse battery staple", stored) == .match,
      try await hasher.verify("correct horse battery stable", stored) == .mismatch
    else { throw BenchError("a password is not told from another; this is a bug") }
  }
}
