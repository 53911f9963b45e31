/// The operator's keys: a Tink keyset of AES-256-GCM keys, of which one, the primary, seals and all enabled ones open.
///
/// A value; its key material is shared, and overwritten when the last copy goes. Written as Tink's cleartext JSON, which
/// `tinkey` and every Tink library read.
public struct Keyset: Sendable {
  /// What a key may be used for.
  public enum KeyStatus: String, Sendable {
    /// Opens, and seals if it is the primary.
    case enabled = "ENABLED"
    /// Kept, not used.
    case disabled = "DISABLED"
    /// Its material is gone; the id stays reserved.
    case destroyed = "DESTROYED"
  }

  /// A key without its material.
  public struct KeyInfo: Sendable, Equatable {
    /// The id in front of each value that this key sealed.
    public let id: UInt32
    /// What it may be used for.
    public let status: KeyStatus
    /// Whether it is the one that seals.
    public let isPrimary: Bool
  }

  struct Entry: Sendable {
    let id: UInt32
    let status: KeyStatus
    /// Nil only for a destroyed key.
    let secret: SecretBytes?
  }

  /// The key of keyed hashes and blind indexes. In the file it is a Tink `HkdfPrfKey`, marked as disabled so that Tink's AEAD,
  /// which knows no such key, passes over it.
  struct IndexEntry: Sendable {
    let id: UInt32
    let secret: SecretBytes
  }

  /// The id of the key that seals.
  public let primaryKeyID: UInt32
  let entries: [Entry]
  /// Nil in a keyset that another program made.
  let index: IndexEntry?

  /// Holds the rules that make a keyset usable: unique ids that are not zero, and an enabled primary.
  init(primaryKeyID: UInt32, entries: [Entry], index: IndexEntry? = nil) throws(KeysetError) {
    var ids: Set<UInt32> = []
    if let index {
      guard index.id != 0 else { throw .invalid("a keyId is 0") }
      ids.insert(index.id)
    }
    for entry in entries {
      guard entry.id != 0 else { throw .invalid("a keyId is 0") }
      guard ids.insert(entry.id).inserted else { throw .invalid("keyId \(entry.id) occurs twice") }
    }
    guard let primary = entries.first(where: { $0.id == primaryKeyID }) else {
      throw .invalid("primaryKeyId \(primaryKeyID) is not among the keys")
    }
    guard primary.status == .enabled else { throw .invalid("the primary key \(primaryKeyID) is not ENABLED") }
    self.primaryKeyID = primaryKeyID
    self.entries = entries
    self.index = index
  }

  /// A keyset of one new key, and a new index key.
  public static func generate() throws(KeysetError) -> Keyset {
    let entry = try newEntry(avoiding: [])
    let index = IndexEntry(
      id: try newID(avoiding: [entry.id]), secret: try newSecret(HKDFPrfKey.keyLength))
    return try Keyset(primaryKeyID: entry.id, entries: [entry], index: index)
  }

  /// The keys in the order of the keyset, without their material.
  public var keys: [KeyInfo] {
    entries.map { KeyInfo(id: $0.id, status: $0.status, isPrimary: $0.id == primaryKeyID) }
  }

  /// The id of the index key; nil in a keyset that another program made, until it is changed.
  public var indexKeyID: UInt32? { index?.id }

  /// The keys that open, with their material.
  var enabledEntries: [(id: UInt32, secret: SecretBytes)] {
    entries.compactMap { entry in
      guard entry.status == .enabled, let secret = entry.secret else { return nil }
      return (entry.id, secret)
    }
  }

  /// The secret behind keyed hashes and blind indexes: the keyset's index key, or, in a keyset that has none, one derived
  /// from its oldest key. Every change of a keyset (`Keyset+Changes.swift`) writes a derived one down as index key first, so
  /// it stays the same whatever becomes of the other keys.
  func indexSecret() throws(LibcryptoError) -> SecretBytes {
    if let index { return index.secret }
    // A keyset has at least its primary key, enabled and with its bytes.
    guard let oldest = entries.lazy.compactMap(\.secret).first else {
      throw LibcryptoError("deriving a key: the keyset is empty")
    }
    return try HKDF.derive(from: oldest, info: Array("usher index secret 1".utf8))
  }

  static func newEntry(avoiding taken: Set<UInt32>) throws(KeysetError) -> Entry {
    Entry(id: try newID(avoiding: taken), status: .enabled, secret: try newSecret(KeyedCipher.keyLength))
  }

  static func newID(avoiding taken: Set<UInt32>) throws(KeysetError) -> UInt32 {
    do { return try RandomPool.shared.keyID(avoiding: taken) } catch { throw .library(error) }
  }

  private static func newSecret(_ length: Int) throws(KeysetError) -> SecretBytes {
    do { return try SecretBytes(random: length) } catch { throw .library(error) }
  }
}
