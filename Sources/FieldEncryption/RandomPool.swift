import CCrypto
import Glibc
import Synchronization

/// Random bytes drawn 4 KiB at a time and handed out by sixteen, for nonces and key ids: one draw from libcrypto per nonce
/// costs as much as sealing a small record.
///
/// Not for keys. The buffer lives in this process's memory alone, so a restart cannot repeat it; a child made by fork has a
/// copy of it, which it throws away at its first draw.
package final class RandomPool: Sendable {
  /// The process' pool.
  package static let shared = RandomPool()

  /// What was drawn and not yet handed out. Each block is overwritten when it is handed out.
  struct Buffer: ~Copyable {
    static let blocks = 256
    private let memory = UnsafeMutablePointer<SIMD16<UInt8>>.allocate(capacity: blocks)
    private(set) var remaining = 0
    private var generation: UInt64 = 0

    /// `generation` counts the forks that led to this process: what another one drew is not handed out.
    mutating func draw(generation now: UInt64) -> SIMD16<UInt8>? {
      if remaining == 0 || generation != now {
        remaining = 0
        let size = Self.blocks * MemoryLayout<SIMD16<UInt8>>.size
        let filled = memory.withMemoryRebound(to: UInt8.self, capacity: size) { RAND_bytes($0, Int32(size)) == 1 }
        guard filled else { return nil }
        remaining = Self.blocks
        generation = now
      }
      remaining -= 1
      defer { memory[remaining] = SIMD16() }
      return memory[remaining]
    }

    deinit { memory.deallocate() }
  }

  private let lanes = Lanes { Buffer() }

  private init() { Forks.count() }

  /// Sixteen bytes that nobody got before; nil when libcrypto has no entropy.
  package func draw() -> SIMD16<UInt8>? {
    let generation = Forks.seen.load(ordering: .relaxed)
    return lanes.withLane { $0.draw(generation: generation) }
  }

  /// A random key id that is neither zero nor in `taken`.
  func keyID(avoiding taken: Set<UInt32> = []) throws(LibcryptoError) -> UInt32 {
    while true {
      guard let drawn = draw() else { throw LibcryptoError("drawing a key id") }
      let id = unsafeBitCast(drawn, to: SIMD4<UInt32>.self)[0]
      if id != 0 && !taken.contains(id) { return id }
    }
  }
}

/// Counts the forks that led to this process, in the child and before fork returns there: no system call at a draw.
private enum Forks {
  static let seen = Atomic<UInt64>(0)

  /// Once a process; children inherit it.
  static func count() {
    _ = seen.load(ordering: .relaxed)
    pthread_atfork(nil, nil) { Forks.seen.add(1, ordering: .relaxed) }
  }
}
