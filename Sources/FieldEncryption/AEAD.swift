import Synchronization

/// Authenticated encryption by the operator's keyset, in Tink's wire format.
///
/// Seals by the primary key and opens by any enabled one. Thread-safe: each key has a few contexts, and a call takes about
/// a microsecond for a small record, so it may be made on an event loop. Nonces are random, as Tink's are: rotate the
/// keyset before one key has sealed 2^32 values.
///
/// ``replace(with:)`` gives it another keyset while others use it: each call seals or opens by one keyset as a whole.
public final class AEAD: Sendable {
  /// Bytes that sealing adds: version (1), key id (4), nonce (12), tag (16).
  public static let overhead = KeyedCipher.overhead
  /// The longest plaintext, in bytes; also the longest associated data.
  public static let maximumPlaintextLength = KeyedCipher.maximumPlaintextLength

  private let primary: Atomic<UInt32>
  private let enabled: Atomic<Int>
  private let lanes: Lanes<CipherRing>
  /// What the keyset has, for those who ask; whoever replaces it takes turns here.
  private let described: Mutex<Described>
  /// Behind keyed hashes; the same for as long as this object lives.
  let indexSecret: SecretBytes

  /// The id of the key that seals.
  public var primaryKeyID: UInt32 { primary.load(ordering: .acquiring) }
  /// How many keys open.
  public var enabledKeyCount: Int { enabled.load(ordering: .acquiring) }

  /// The keys of the keyset in force, without their material.
  public var keys: [Keyset.KeyInfo] { described.withLock { $0.keys } }
  /// The id of its index key; nil where it has none.
  public var indexKeyID: UInt32? { described.withLock { $0.indexKeyID } }

  private struct Described {
    let keys: [Keyset.KeyInfo]
    let indexKeyID: UInt32?

    init(_ keyset: Keyset) {
      keys = keyset.keys
      indexKeyID = keyset.indexKeyID
    }
  }

  /// Takes the enabled keys of `keyset`.
  public init(_ keyset: Keyset) throws(AEADError) {
    try CipherRing.check(keyset)
    primary = Atomic(keyset.primaryKeyID)
    enabled = Atomic(keyset.enabledEntries.count)
    do { indexSecret = try keyset.indexSecret() } catch { throw .library(error) }
    described = Mutex(Described(keyset))
    lanes = Lanes { CipherRing(keyset) }
  }

  /// Seals by the primary of `keyset` from now on, and opens by its enabled keys. When it returns, no call that begins later
  /// uses the old keys, whose bytes are overwritten as soon as nobody holds the old keyset.
  ///
  /// Refuses a keyset with another index secret, under which nothing that was indexed would be found again; then nothing
  /// changes.
  public func replace(with keyset: Keyset) throws(KeysetError) {
    do { try CipherRing.check(keyset) } catch { throw .invalid(error.description) }
    let secret: SecretBytes
    do { secret = try keyset.indexSecret() } catch { throw .library(error) }
    guard secret.isEqual(to: indexSecret) else {
      throw .refused("the new keyset has another index key: blind indexes would no longer match")
    }
    described.withLock { described in
      described = Described(keyset)
      lanes.forEach { $0 = CipherRing(keyset) }
      enabled.store(keyset.enabledEntries.count, ordering: .releasing)
      primary.store(keyset.primaryKeyID, ordering: .releasing)
    }
  }

  /// Encrypts `plaintext`, bound to `associatedData` (see ``SealedField``): `plaintext.count + overhead` bytes.
  public func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    try lanes.withLane { ring throws(AEADError) in
      try ring.primary.cipher.seal(plaintext, associatedData: associatedData)
    }
  }

  /// Decrypts what ``seal(_:associatedData:)`` made, here or in another Tink, with the same associated data.
  public func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(AEADError) -> [UInt8] {
    guard let id = KeyedCipher.keyID(of: sealed) else { throw .malformed }
    return try lanes.withLane { ring throws(AEADError) in
      guard let box = ring.box(id) else { throw .unknownKey(id) }
      return try box.cipher.open(sealed, associatedData: associatedData)
    }
  }

  /// The id of the key that sealed a value, or nil if it is too short or of another version: finds what to seal again
  /// after a rotation, namely all whose id is not ``primaryKeyID``.
  public static func keyID(of sealed: [UInt8]) -> UInt32? { KeyedCipher.keyID(of: sealed) }
}

/// The ciphers of one keyset, for one lane.
private struct CipherRing {
  /// A cipher that can stand in a dictionary. Reached through its lane's lock alone.
  final class Box {
    let id: UInt32
    var cipher: KeyedCipher

    init(id: UInt32, key: SecretBytes) {
      self.id = id
      cipher = KeyedCipher(id: id, key: key)
    }
  }

  let primary: Box
  private let others: [UInt32: Box]

  /// A keyset's own checks make sure of this; the error is for a future way of making one that does not.
  static func check(_ keyset: Keyset) throws(AEADError) {
    guard keyset.enabledEntries.contains(where: { $0.id == keyset.primaryKeyID }) else {
      throw .unknownKey(keyset.primaryKeyID)
    }
  }

  init(_ keyset: Keyset) {
    var boxes: [UInt32: Box] = [:]
    for (id, secret) in keyset.enabledEntries { boxes[id] = Box(id: id, key: secret) }
    guard let primary = boxes.removeValue(forKey: keyset.primaryKeyID) else {
      preconditionFailure("whoever makes a ring checks the keyset")
    }
    self.primary = primary
    others = boxes
  }

  func box(_ id: UInt32) -> Box? { id == primary.id ? primary : others[id] }
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
