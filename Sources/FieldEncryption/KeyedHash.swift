import CCrypto

/// HMAC-SHA256 under a key of the operator's: equal inputs can be told by who has the keyset, and guessed by nobody else.
///
/// The key comes from the keyset's index secret (``Keyset/indexSecret()``), which rotating, disabling and destroying keys
/// leaves as it is: hashes stay the same for as long as the keyset lives. Thread-safe; a few microseconds a call.
public final class KeyedHash: Sendable {
  private let key: SecretBytes

  /// Derives the key for one `purpose` from `keyset`; hashes of two purposes have nothing in common.
  public convenience init(_ keyset: Keyset, purpose: StaticString) throws(LibcryptoError) {
    try self.init(root: try keyset.indexSecret(), purpose: purpose)
  }

  /// The same from the keyset behind `aead`, whichever it has at the moment: it keeps its index secret.
  public convenience init(_ aead: AEAD, purpose: StaticString) throws(LibcryptoError) {
    try self.init(root: aead.indexSecret, purpose: purpose)
  }

  private init(root: SecretBytes, purpose: StaticString) throws(LibcryptoError) {
    key = try HKDF.derive(from: root, info: purpose.withUTF8Buffer { Array($0) })
  }

  /// 32 bytes.
  public func hash(_ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] { try HMACSHA256.code(key, bytes) }
}

/// HMAC with SHA-256 (RFC 2104).
enum HMACSHA256 {
  static func code(_ key: SecretBytes, _ bytes: [UInt8]) throws(LibcryptoError) -> [UInt8] {
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

/// HKDF with SHA-256 and no salt (RFC 5869), one block of output: what Tink's `HkdfPrfKey` computes.
enum HKDF {
  /// 32 bytes for `info`.
  static func derive(from secret: SecretBytes, info: [UInt8]) throws(LibcryptoError) -> SecretBytes {
    var input = secret.withUnsafeBytes { Array($0) }
    defer { input.cleanse() }
    var extracted = try HMACSHA256.code(noSalt, input)
    defer { extracted.cleanse() }
    var output = try HMACSHA256.code(SecretBytes(copying: extracted), info + [1])
    defer { output.cleanse() }
    return SecretBytes(copying: output)
  }

  private static let noSalt = SecretBytes(copying: [UInt8](repeating: 0, count: 32))
}
