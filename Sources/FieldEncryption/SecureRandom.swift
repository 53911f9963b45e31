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
