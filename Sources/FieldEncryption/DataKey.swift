import Synchronization

/// The key of one record: its personal data is sealed by it, and it is itself stored wrapped by the operator's keyset.
/// Deleting the wrapped form erases the record.
///
/// Values have the same wire format as ``AEAD``'s. Unwrapped, a data key is a binary Tink keyset with this one key, so the
/// public Tink libraries read it too. Thread-safe; a new key, its wrapping and a first value take a few microseconds.
public final class DataKey: Sendable {
  /// The id in front of what this key seals; random, not zero.
  public let id: UInt32
  private let secret: SecretBytes
  private let cipher: Mutex<KeyedCipher>

  init(id: UInt32, secret: SecretBytes) {
    self.id = id
    self.secret = secret
    self.cipher = Mutex(KeyedCipher(id: id, key: secret))
  }

  /// A new random key.
  public static func generate() throws(AEADError) -> DataKey {
    do {
      return DataKey(id: try RandomPool.shared.keyID(), secret: try SecretBytes(random: KeyedCipher.keyLength))
    } catch {
      throw .library(error)
    }
  }

  /// The form to store: this key sealed by `aead`, bound to `associatedData`.
  public func wrapped(by aead: AEAD, associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    var plain = KeysetProto.encode(id: id, secret: secret)
    defer { plain.cleanse() }
    return try aead.seal(plain, associatedData: associatedData)
  }

  /// Reads what ``wrapped(by:associatedData:)`` made. `.malformed` if it opens but holds anything else than one enabled
  /// AES-256-GCM key.
  public static func unwrap(
    _ wrapped: [UInt8], with aead: AEAD, associatedData: [UInt8]
  ) throws(AEADError) -> DataKey {
    var plain = try aead.open(wrapped, associatedData: associatedData)
    defer { plain.cleanse() }
    guard let (id, secret) = KeysetProto.decode(plain) else { throw .malformed }
    return DataKey(id: id, secret: secret)
  }

  /// Encrypts `plaintext`, bound to `associatedData`: `plaintext.count + AEAD.overhead` bytes.
  public func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    try cipher.withLock { cipher throws(AEADError) in
      try cipher.seal(plaintext, associatedData: associatedData)
    }
  }

  /// Decrypts what this key sealed with the same associated data; `.unknownKey` for another key's value.
  public func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    guard let sealedBy = KeyedCipher.keyID(of: sealed) else { throw .malformed }
    guard sealedBy == id else { throw .unknownKey(sealedBy) }
    return try cipher.withLock { cipher throws(AEADError) in
      try cipher.open(sealed, associatedData: associatedData)
    }
  }
}
