import CCrypto

/// Ed25519 keys (RFC 8032), for whoever signs with another library and needs both halves.
public enum Ed25519 {
  /// Bytes of a private key (the seed) and of a public key.
  public static let privateKeyLength = 32

  /// The public key of `privateKey`, 32 bytes. Throws when `privateKey` has not 32 bytes, or libcrypto is out of memory.
  public static func publicKey(of privateKey: [UInt8]) throws(LibcryptoError) -> [UInt8] {
    guard let pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, privateKey, privateKey.count) else {
      throw LibcryptoError("reading an Ed25519 key")
    }
    defer { EVP_PKEY_free(pair) }
    var succeeded = false
    let publicKey = [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
      var length = buffer.count
      succeeded = EVP_PKEY_get_raw_public_key(pair, buffer.baseAddress, &length) == 1 && length == 32
      initialized = succeeded ? length : 0
    }
    guard succeeded else { throw LibcryptoError("deriving an Ed25519 public key") }
    return publicKey
  }
}
