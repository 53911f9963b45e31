import CCrypto

/// AES-256-GCM under one key, in Tink's wire format: 0x01, key id (4 bytes, big endian), nonce (12), ciphertext, tag (16).
///
/// Owns one libcrypto context per direction, made on first use and then re-initialised with the nonce alone, which is what
/// makes small records cheap. Not for two threads at once: its owners keep it in a `Mutex`.
package struct KeyedCipher: ~Copyable {
  static let keyLength = 32
  /// Bytes before the nonce.
  package static let prefixLength = 5
  /// Bytes of a nonce.
  package static let nonceLength = 12
  static let tagLength = 16
  static let overhead = prefixLength + nonceLength + tagLength
  static let maximumPlaintextLength = 1 << 20

  private let id: UInt32
  private let key: SecretBytes
  private var sealing: OpaquePointer?
  private var opening: OpaquePointer?

  /// `key` has 32 bytes.
  package init(id: UInt32, key: SecretBytes) {
    precondition(key.count == Self.keyLength, "whoever reads a key checks its length")
    self.id = id
    self.key = key
  }

  deinit {
    // Overwrites the expanded keys too. NULL is allowed.
    EVP_CIPHER_CTX_free(sealing)
    EVP_CIPHER_CTX_free(opening)
  }

  /// The key id in front of a sealed value, if it is one: version 0x01 and long enough.
  static func keyID(of sealed: [UInt8]) -> UInt32? {
    guard sealed.count >= overhead, sealed[0] == 0x01 else { return nil }
    return sealed[1...4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Seals with a fresh random nonce. `fixedNonce` (12 bytes) is for known answers in tests: a nonce used twice breaks GCM.
  package mutating func seal(
    _ plaintext: [UInt8], associatedData: [UInt8], fixedNonce: [UInt8]? = nil
  ) throws(AEADError) -> [UInt8] {
    guard plaintext.count <= Self.maximumPlaintextLength, associatedData.count <= Self.maximumPlaintextLength else {
      throw .tooLong(limit: Self.maximumPlaintextLength)
    }
    if sealing == nil { sealing = try makeContext(encrypts: true) }
    let context = sealing
    let id = id
    var succeeded = false
    let sealed = [UInt8](unsafeUninitializedCapacity: plaintext.count + Self.overhead) { output, initialized in
      let out = output.baseAddress!
      let nonce = out + Self.prefixLength
      let body = nonce + Self.nonceLength
      let tag = body + plaintext.count
      var written: Int32 = 0
      out[0] = 0x01
      for byte in 0..<4 { out[1 + byte] = UInt8(truncatingIfNeeded: id >> (24 - 8 * UInt32(byte))) }
      if let fixedNonce {
        nonce.update(from: fixedNonce, count: Self.nonceLength)
      } else {
        guard let drawn = RandomPool.shared.draw() else { return }
        for byte in 0..<Self.nonceLength { nonce[byte] = drawn[byte] }
      }
      guard EVP_EncryptInit_ex2(context, nil, nil, nonce, nil) == 1,
        associatedData.isEmpty
          || EVP_EncryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
        plaintext.isEmpty || EVP_EncryptUpdate(context, body, &written, plaintext, Int32(plaintext.count)) == 1,
        EVP_EncryptFinal_ex(context, tag, &written) == 1,
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), tag) == 1
      else { return }
      initialized = plaintext.count + Self.overhead
      succeeded = true
    }
    guard succeeded else { throw .library(LibcryptoError("sealing")) }
    return sealed
  }

  /// Opens what ``seal`` made. The key id is not compared again: whoever chose this cipher did it by that id.
  package mutating func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    let count = sealed.count - Self.overhead
    guard count >= 0, sealed[0] == 0x01 else { throw .malformed }
    guard count <= Self.maximumPlaintextLength, associatedData.count <= Self.maximumPlaintextLength else {
      throw .tooLong(limit: Self.maximumPlaintextLength)
    }
    if opening == nil { opening = try makeContext(encrypts: false) }
    let context = opening
    var failure: AEADError?
    // One byte of room more than needed gives libcrypto a valid pointer for an empty plaintext.
    let plaintext = [UInt8](unsafeUninitializedCapacity: count + 1) { output, initialized in
      sealed.withUnsafeBufferPointer { input in
        let nonce = input.baseAddress! + Self.prefixLength
        let body = nonce + Self.nonceLength
        var written: Int32 = 0
        // The control call takes a mutable pointer and only reads: the tag is set from the input itself.
        let tag = UnsafeMutablePointer(mutating: body + count)
        guard EVP_DecryptInit_ex2(context, nil, nil, nonce, nil) == 1,
          associatedData.isEmpty
            || EVP_DecryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
          count == 0 || EVP_DecryptUpdate(context, output.baseAddress, &written, body, Int32(count)) == 1,
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), tag) == 1
        else {
          failure = .library(LibcryptoError("opening"))
          return
        }
        guard EVP_DecryptFinal_ex(context, output.baseAddress! + count, &written) == 1 else {
          // What was decrypted is not authentic: nobody gets to see it.
          OPENSSL_cleanse(output.baseAddress, count)
          ERR_clear_error()
          failure = .authenticationFailed
          return
        }
        initialized = count
      }
    }
    if let failure { throw failure }
    return plaintext
  }

  private func makeContext(encrypts: Bool) throws(AEADError) -> OpaquePointer {
    guard let context = EVP_CIPHER_CTX_new() else { throw .library(LibcryptoError("making a cipher context")) }
    let initialized = key.withUnsafeBytes { key in
      EVP_CipherInit_ex2(
        context, Algorithm.aes256GCM.handle, key.bindMemory(to: UInt8.self).baseAddress, nil, encrypts ? 1 : 0, nil)
        == 1
    }
    guard initialized else {
      EVP_CIPHER_CTX_free(context)
      throw .library(LibcryptoError("setting a key"))
    }
    return context
  }
}

/// The cipher's implementation, looked up once: a look-up per context costs more than sealing a small record.
///
/// Invariant: libcrypto's algorithm objects are immutable and counted atomically.
private final class Algorithm: @unchecked Sendable {
  static let aes256GCM = Algorithm("AES-256-GCM")

  /// NULL if libcrypto lacks the algorithm; setting a key then fails with an error.
  let handle: OpaquePointer?

  private init(_ name: String) { handle = EVP_CIPHER_fetch(nil, name, nil) }

  deinit { EVP_CIPHER_free(handle) }
}
