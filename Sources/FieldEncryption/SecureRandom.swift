import CCrypto

/// Unpredictable bytes from libcrypto's generator, which the kernel seeds.
public enum SecureRandom {
  /// Draws `count` bytes, for tokens, salts and ids. A negative count counts as zero.
  public static func bytes(_ count: Int) throws(LibcryptoError) -> [UInt8] {
    var succeeded = true
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
      guard let base = buffer.baseAddress, count > 0 else { return }
      succeeded = RAND_bytes(base, Int32(clamping: count)) == 1 && count <= Int(Int32.max)
      initialized = succeeded ? count : 0
    }
    guard succeeded else { throw LibcryptoError("drawing random bytes") }
    return bytes
  }
}

/// Random bytes drawn 4 KiB at a time and handed out by sixteen, for nonces and key ids: one draw from libcrypto per nonce
/// costs as much as sealing a small record.
///
/// Not for keys. The buffer lives in this process's memory alone, so a restart cannot repeat it; the process never forks
/// without exec, which would.
final class RandomPool: Sendable {
  static let shared = RandomPool()

  private struct Buffer: ~Copyable {
    private static let blocks = 256
    private let memory = UnsafeMutablePointer<SIMD16<UInt8>>.allocate(capacity: blocks)
    private var remaining = 0

    mutating func draw() -> SIMD16<UInt8>? {
      if remaining == 0 {
        let size = Self.blocks * MemoryLayout<SIMD16<UInt8>>.size
        let filled = memory.withMemoryRebound(to: UInt8.self, capacity: size) { RAND_bytes($0, Int32(size)) == 1 }
        guard filled else { return nil }
        remaining = Self.blocks
      }
      remaining -= 1
      return memory[remaining]
    }

    deinit { memory.deallocate() }
  }

  private let lanes = Lanes { Buffer() }

  /// Sixteen bytes that nobody got before; nil when libcrypto has no entropy.
  func draw() -> SIMD16<UInt8>? { lanes.withLane { $0.draw() } }

  /// A random key id that is neither zero nor in `taken`.
  func keyID(avoiding taken: Set<UInt32> = []) throws(LibcryptoError) -> UInt32 {
    while true {
      guard let drawn = draw() else { throw LibcryptoError("drawing a key id") }
      let id = unsafeBitCast(drawn, to: SIMD4<UInt32>.self)[0]
      if id != 0 && !taken.contains(id) { return id }
    }
  }
}
