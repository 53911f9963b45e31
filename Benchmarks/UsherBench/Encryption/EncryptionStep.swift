import CSealing
import Foundation

/// One thing to measure, again and again.
struct EncryptionStep {
  let name: String
  let bytes: Int
  /// A program of its own, which measures for a second whatever it is told.
  var isChild = false
  /// About this long.
  let measure: (Duration) async throws -> Sample

  /// One run of each step of a group, all in short slices by turns: what disturbs the machine for a while disturbs all of them.
  /// Children have their second in the middle.
  static func run(_ steps: [EncryptionStep], _ duration: Duration) async throws -> [Sample] {
    var parts = [[Sample]](repeating: [], count: steps.count)
    for slice in 0..<slices {
      for (place, step) in steps.enumerated() where !step.isChild || slice == slices / 2 {
        parts[place].append(try await step.measure(duration / slices))
      }
    }
    return parts.map { parts in
      Sample(
        operations: parts.reduce(0) { $0 + $1.operations }, seconds: parts.reduce(0) { $0 + $1.seconds },
        cpuSeconds: parts.reduce(0) { $0 + $1.cpuSeconds }, latency: nil)
    }
  }

  private static let slices = 20

  /// Operations of ours: `body` gives back how many bytes it made, so that nothing is left out as unused. Looks at the clock
  /// every 32 operations.
  static func repeated(_ name: String, bytes: Int, _ body: @escaping () throws -> Int) -> EncryptionStep {
    EncryptionStep(name: name, bytes: bytes) { duration in
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
  }

  /// The loop of C over libcrypto, in memory that is there already.
  static func floor(_ name: String, bytes: Int, associated: Int, opens: Bool) -> EncryptionStep {
    EncryptionStep(name: name, bytes: bytes) { duration in
      var operations = 0
      var nanoseconds: Int64 = 0
      let batch = Int64(max(64, 4_000_000 / (bytes + 1_000)))
      let stopwatch = Stopwatch()
      repeat {
        let spent = csealing_loop(Int64(bytes), Int64(associated), batch, opens ? 1 : 0)
        guard spent >= 0 else { throw BenchError("libcrypto refuses to seal in a loop of C") }
        nanoseconds += spent
        operations += Int(batch)
      } while stopwatch.elapsed < duration
      // Without the making of contexts, which is no part of the work.
      return Sample(
        operations: operations, seconds: stopwatch.elapsed / .seconds(1), cpuSeconds: Double(nanoseconds) / 1e9,
        latency: nil)
    }
  }

  /// `openssl speed` as a child of its own, for a second; it counts its CPU time itself.
  static func opensslSpeed(_ name: String, bytes: Int) -> EncryptionStep {
    EncryptionStep(name: name, bytes: bytes, isChild: true) { _ in
      let output = try await Tool.run(
        "openssl", ["speed", "-mr", "-seconds", "1", "-aead", "-evp", "aes-256-gcm", "-bytes", "\(bytes)"],
        in: FileManager.default.temporaryDirectory)
      // `+R:OPERATIONS:AES-256-GCM:SECONDS`
      guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("+R:") }),
        let operations = Int(line.split(separator: ":")[1]),
        let seconds = Double(line.split(separator: ":").last ?? ""),
        operations > 0, seconds > 0
      else { throw BenchError("openssl speed says nothing that is understood: \(output.prefix(300))") }
      return Sample(operations: operations, seconds: 1, cpuSeconds: seconds, latency: nil)
    }
  }
}
