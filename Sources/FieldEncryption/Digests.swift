import CCrypto

/// SHA-256, for values that are random already, such as refresh tokens. Passwords go to ``PasswordHasher``.
public enum SHA256 {
  /// The 32-byte digest of `bytes`.
  public static func digest(_ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] {
    var succeeded = false
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
      succeeded = CCrypto.SHA256(bytes, bytes.count, buffer.baseAddress) != nil
      initialized = succeeded ? 32 : 0
    }
    guard succeeded else { throw LibcryptoError("hashing") }
    return digest
  }
}

/// Comparison of secrets.
public enum ConstantTime {
  /// Whether both hold the same bytes; takes as long for any two arrays of one length. Lengths are not secret.
  public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
  }
}
