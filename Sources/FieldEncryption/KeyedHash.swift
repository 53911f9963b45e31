import CCrypto

/// HMAC-SHA256 under a key of the operator's: equal inputs can be told by who has the keyset, and guessed by nobody else.
///
/// The key is derived from the oldest usable key of the keyset, so hashes stay the same when the keyset is rotated, until that
/// key is taken out. Thread-safe; a few microseconds a call.
public final class KeyedHash: Sendable {
  private let key: SecretBytes

  /// Derives the key for one `purpose` from `keyset`; hashes of two purposes have nothing in common.
  public init(_ keyset: Keyset, purpose: StaticString) throws(LibcryptoError) {
    // A keyset has at least its primary key, enabled and with its bytes.
    guard let secret = keyset.entries.lazy.compactMap(\.secret).first else {
      throw LibcryptoError("deriving a key: the keyset is empty")
    }
    let label = purpose.withUTF8Buffer { Array($0) }
    var derived = try Self.hmac(secret, label)
    key = SecretBytes(copying: derived)
    derived.cleanse()
  }

  /// 32 bytes.
  public func hash(_ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] { try Self.hmac(key, bytes) }

  private static func hmac(_ key: SecretBytes, _ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] {
    var succeeded = false
    let code = [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
      var length: UInt32 = 0
      succeeded = key.withUnsafeBytes {
        HMAC(EVP_sha256(), $0.baseAddress, Int32($0.count), bytes, bytes.count, buffer.baseAddress, &length) != nil
      }
      initialized = succeeded ? 32 : 0
    }
    guard succeeded else { throw LibcryptoError("computing a keyed hash") }
    return code
  }
}
