import Foundation
import Synchronization
import Testing

@testable import FieldEncryption

@Suite struct ScryptTests {
  /// Section 12 of RFC 7914.
  @Test(arguments: [
    (
      "", "", 4, 1, 1,
      "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628"
        + "cf35e20c38d18906"
    ),
    (
      "password", "NaCl", 10, 8, 16,
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d"
        + "8360cbdfa2cc0640"
    ),
    (
      "pleaseletmein", "SodiumChloride", 14, 8, 1,
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40"
        + "dfcf017b45575887"
    ),
  ])
  func knownAnswers(password: String, salt: String, logN: Int, r: Int, p: Int, expected: String) throws {
    let parameters = try #require(ScryptParameters(logN: logN, r: r, p: p))
    let hash = try Scrypt.derive(
      password: SecretBytes(copying: password.utf8), salt: Array(salt.utf8), parameters: parameters, length: 64)
    #expect(hash == hex(expected))
  }

  @Test func parametersAreBounded() {
    #expect(ScryptParameters(logN: 15, r: 8, p: 3) == .standard)
    #expect(ScryptParameters(logN: 20, r: 8, p: 2) != nil)
    let refused = [
      (0, 8, 1), (21, 8, 1), (15, 0, 1), (15, 33, 1), (15, 8, 0), (15, 8, 17), (20, 9, 1), (20, 8, 3), (16, 1, 1),
      (Int.max, 8, 1), (15, .max, 1), (15, 8, .min),
    ]
    for (logN, r, p) in refused { #expect(ScryptParameters(logN: logN, r: r, p: p) == nil, "\(logN) \(r) \(p)") }
  }
}

@Suite struct PHCStringTests {
  private static let sample = "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

  @Test func roundTrip() throws {
    let phc = try #require(PHCString(Self.sample))
    #expect(phc.parameters == .standard)
    #expect(phc.salt == Array(0..<16))
    #expect(phc.hash == Array(0..<32))
    #expect(phc.text == Self.sample)
  }

  @Test(arguments: [
    "", "$", "$$$$", "scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$argon2$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=21,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=015,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=+5,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$r=8,ln=15,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=15,r=8,p=3,$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw==$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODx$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=15,r=8,p=3$AAEC$AAECAwQFBgcICQoLDA0ODw",
    "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$",
    "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw$",
    "$scrypt$ln=15,r=8,p=3$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw\n",
  ])
  func refuses(text: String) {
    #expect(PHCString(text) == nil)
  }

  @Test func mutationsNeverCrashAndReadBackAlike() {
    let seed = UInt64.random(in: .min ... .max)
    print("mutationsNeverCrashAndReadBackAlike: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      let text = String(decoding: mutated(Array(Self.sample.utf8), using: &generator), as: UTF8.self)
      if let phc = PHCString(text) { #expect(phc.text == text) }
    }
  }
}

@Suite struct PasswordHasherTests {
  private let cheap = ScryptParameters(logN: 4, r: 1, p: 1)!

  @Test func hashesAndVerifies() async throws {
    let hasher = PasswordHasher(parameters: cheap)
    let phc = try await hasher.hash("correct horse")
    #expect(phc.hasPrefix("$scrypt$ln=4,r=1,p=1$"))
    #expect(try await hasher.verify("correct horse", phc) == .match)
    #expect(try await hasher.verify("correct horsf", phc) == .mismatch)
    #expect(try await hasher.hash("correct horse") != phc)
  }

  @Test func standardParametersWork() async throws {
    let old = try await PasswordHasher(parameters: cheap).hash("p")
    let hasher = PasswordHasher()
    let phc = try await hasher.hash("p")
    #expect(phc.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
    #expect(try await hasher.verify("p", phc) == .match)
    #expect(try await hasher.verify("p", old) == .matchNeedsRehash)
    #expect(try await hasher.verify("q", old) == .mismatch)
    try await hasher.verifyDummy("p")
  }

  @Test func lengthsAndFormsAreChecked() async throws {
    let hasher = PasswordHasher(parameters: cheap)
    let longest = String(repeating: "\u{E9}", count: 512)
    let phc = try await hasher.hash(longest)
    #expect(try await hasher.verify(longest, phc) == .match)
    for password in ["", longest + "x"] {
      await #expect(throws: PasswordError.passwordLength) { try await hasher.hash(password) }
      #expect(try await hasher.verify(password, phc) == .mismatch)
      try await hasher.verifyDummy(password)
    }
    await #expect(throws: PasswordError.malformedHash) { try await hasher.verify("p", "$scrypt$") }
  }
}

@Suite struct PasswordThreadsTests {
  /// Work that counts how much of it runs at once, and does not end before `gate` opens.
  private final class Gate: Sendable {
    let open = Atomic(false)
    let running = Atomic(0)
    let most = Atomic(0)
    let done = Atomic(0)

    func work() -> Result<[UInt8], LibcryptoError> {
      let now = running.add(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .sequentiallyConsistent)
      while !open.load(ordering: .acquiring) { usleep(1000) }
      running.subtract(1, ordering: .sequentiallyConsistent)
      done.add(1, ordering: .sequentiallyConsistent)
      return .success([1])
    }

    func waitUntilRunning(_ count: Int) async throws {
      while running.load(ordering: .acquiring) < count { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  @Test func boundsWorkersAndLine() async throws {
    let threads = PasswordThreads(workers: 2, limit: 3)
    let gate = Gate()
    let outcomes = try await withThrowingTaskGroup(of: PasswordThreads.Outcome.self) { group in
      for _ in 0..<2 { group.addTask { await threads.run(gate.work) } }
      try await gate.waitUntilRunning(2)
      for _ in 0..<8 { group.addTask { await threads.run(gate.work) } }
      var outcomes: [PasswordThreads.Outcome] = []
      // Five find the line full and return at once; the others wait for the gate.
      for _ in 0..<5 { outcomes.append(try #require(try await group.next())) }
      #expect(outcomes.allSatisfy { $0 == .failure(.overloaded) })
      gate.open.store(true, ordering: .releasing)
      outcomes = []
      for try await outcome in group { outcomes.append(outcome) }
      return outcomes
    }
    #expect(outcomes == Array(repeating: .success([1]), count: 5))
    #expect(gate.most.load(ordering: .acquiring) == 2)
    // Its threads have ended or are ending; the next job gets a new one.
    #expect(await threads.run(gate.work) == .success([1]))
  }

  @Test func cancellationLeavesTheLine() async throws {
    let threads = PasswordThreads(workers: 1, limit: 10)
    let gate = Gate()
    async let first = threads.run(gate.work)
    try await gate.waitUntilRunning(1)
    let waiting = Task { await threads.run(gate.work) }
    try await Task.sleep(for: .milliseconds(5))
    waiting.cancel()
    #expect(await waiting.value == .failure(.cancelled))
    let late = Task {
      while !Task.isCancelled { await Task.yield() }
      return await threads.run(gate.work)
    }
    late.cancel()
    #expect(await late.value == .failure(.cancelled))
    gate.open.store(true, ordering: .releasing)
    #expect(await first == .success([1]))
    #expect(gate.done.load(ordering: .acquiring) == 1)
  }

  @Test func everyoneIsServed() async {
    let threads = PasswordThreads(workers: 2, limit: 500)
    let served = await withTaskGroup(of: PasswordThreads.Outcome.self) { group in
      for value in 0..<500 { group.addTask { await threads.run { .success([UInt8(truncatingIfNeeded: value)]) } } }
      return await group.reduce(into: 0) { served, outcome in
        if case .success = outcome { served += 1 }
      }
    }
    #expect(served == 500)
  }
}

@Suite struct WaitingLineTests {
  @Test func servesInOrderAndEndsIdleWorkers() {
    var line = WaitingLine<String>(workers: 1, limit: 2)
    guard case .startWorker("a") = line.submit("a", id: 1) else { Issue.record("a starts the worker"); return }
    guard case .wait = line.submit("b", id: 2), case .wait = line.submit("c", id: 3) else {
      Issue.record("b and c wait"); return
    }
    guard case .refuse("d") = line.submit("d", id: 4) else { Issue.record("d is refused"); return }
    #expect(line.withdraw(2) == "b")
    #expect(line.withdraw(2) == nil)
    #expect(line.withdraw(1) == nil)
    guard case .run("c") = line.next(), case .endWorker = line.next() else { Issue.record("c, then the end"); return }
    guard case .startWorker("e") = line.submit("e", id: 5) else { Issue.record("e starts a new worker"); return }
  }

  @Test func aWorkerThatCannotStartStrandsNobody() {
    var line = WaitingLine<String>(workers: 2, limit: 2)
    _ = line.submit("a", id: 1)
    _ = line.submit("b", id: 2)
    _ = line.submit("c", id: 3)
    #expect(line.workerFailed() == [], "the other worker still serves c")
    #expect(line.workerFailed() == ["c"])
  }
}
