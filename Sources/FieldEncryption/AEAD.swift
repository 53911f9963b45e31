/// Authenticated encryption by the operator's keyset, in Tink's wire format.
///
/// Seals by the primary key and opens by any enabled one. Thread-safe: each key has a few contexts, and a call takes about
/// a microsecond for a small record, so it may be made on an event loop. Nonces are random, as Tink's are: rotate the
/// keyset before one key has sealed 2^32 values.
public final class AEAD: Sendable {
  /// Bytes that sealing adds: version (1), key id (4), nonce (12), tag (16).
  public static let overhead = KeyedCipher.overhead
  /// The longest plaintext, in bytes; also the longest associated data.
  public static let maximumPlaintextLength = KeyedCipher.maximumPlaintextLength

  /// The id of the key that seals.
  public let primaryKeyID: UInt32
  private let primary: Lanes<KeyedCipher>
  private let ciphers: [UInt32: Lanes<KeyedCipher>]

  /// Takes the enabled keys of `keyset`.
  public init(_ keyset: Keyset) throws(AEADError) {
    var ciphers: [UInt32: Lanes<KeyedCipher>] = [:]
    for key in keyset.entries where key.status == .enabled {
      guard let secret = key.secret else { continue }
      ciphers[key.id] = Lanes { KeyedCipher(id: key.id, key: secret) }
    }
    // A keyset's own checks make sure of this; the error is for a future way of making one that does not.
    guard let primary = ciphers[keyset.primaryKeyID] else { throw .unknownKey(keyset.primaryKeyID) }
    self.primaryKeyID = keyset.primaryKeyID
    self.primary = primary
    self.ciphers = ciphers
  }

  /// Encrypts `plaintext`, bound to `associatedData` (see ``SealedField``): `plaintext.count + overhead` bytes.
  public func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    try primary.withLane { cipher throws(AEADError) in
      try cipher.seal(plaintext, associatedData: associatedData)
    }
  }

  /// Decrypts what ``seal(_:associatedData:)`` made, here or in another Tink, with the same associated data.
  public func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    guard let id = KeyedCipher.keyID(of: sealed) else { throw .malformed }
    guard let lanes = ciphers[id] else { throw .unknownKey(id) }
    return try lanes.withLane { cipher throws(AEADError) in
      try cipher.open(sealed, associatedData: associatedData)
    }
  }

  /// The id of the key that sealed a value, or nil if it is too short or of another version: finds what to seal again
  /// after a rotation, namely all whose id is not ``primaryKeyID``.
  public static func keyID(of sealed: [UInt8]) -> UInt32? { KeyedCipher.keyID(of: sealed) }
}

/// Why a value could not be sealed or opened.
public enum AEADError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Too short, of another version, or (a data key) not a keyset of one AES-256-GCM key.
  case malformed
  /// Sealed by a key that the keyset lacks or has disabled: load the keyset that still has it.
  case unknownKey(UInt32)
  /// Changed since it was sealed, or opened in another place than it was sealed for.
  case authenticationFailed
  /// Longer than `limit` bytes.
  case tooLong(limit: Int)
  /// libcrypto is out of memory or of entropy.
  case library(LibcryptoError)

  /// One sentence for logs; holds no data and no key.
  public var description: String {
    switch self {
    case .malformed: "not a sealed value: too short, or of another version"
    case .unknownKey(let id): "sealed by key \(id), which the keyset lacks or has disabled"
    case .authenticationFailed: "authentication failed: changed since it was sealed, or sealed for another place"
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .library(let error): error.description
    }
  }
}
