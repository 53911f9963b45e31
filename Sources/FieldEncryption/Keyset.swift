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

  /// The id of the key that seals.
  public let primaryKeyID: UInt32
  let entries: [Entry]

  /// Holds the rules that make a keyset usable: unique ids that are not zero, and an enabled primary.
  init(primaryKeyID: UInt32, entries: [Entry]) throws(KeysetError) {
    var ids: Set<UInt32> = []
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
  }

  /// A keyset of one new key.
  public static func generate() throws(KeysetError) -> Keyset {
    let entry = try newEntry(avoiding: [])
    return try Keyset(primaryKeyID: entry.id, entries: [entry])
  }

  /// This keyset with one more key, which becomes the primary. The others keep their status, so what they sealed still
  /// opens. Give the result to every process before values sealed by the new key reach those that have only the old.
  public func rotated() throws(KeysetError) -> Keyset {
    let entry = try Self.newEntry(avoiding: Set(entries.map(\.id)))
    return try Keyset(primaryKeyID: entry.id, entries: entries + [entry])
  }

  /// The keys in the order of the keyset, without their material.
  public var keys: [KeyInfo] {
    entries.map { KeyInfo(id: $0.id, status: $0.status, isPrimary: $0.id == primaryKeyID) }
  }

  private static func newEntry(avoiding taken: Set<UInt32>) throws(KeysetError) -> Entry {
    do {
      let id = try RandomPool.shared.keyID(avoiding: taken)
      return Entry(id: id, status: .enabled, secret: try SecretBytes(random: KeyedCipher.keyLength))
    } catch {
      throw .library(error)
    }
  }
}

/// Why a keyset could not be read, written or made. Names the place and the rule, never a value that may be a key.
public enum KeysetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not a keyset that we take.
  case invalid(String)
  /// The file lets its group or others in: `chmod 600` it, and think about who has read it.
  case exposed(path: String, mode: UInt32)
  /// The file cannot be read or written.
  case file(path: String, reason: String)
  /// libcrypto is out of memory or of entropy.
  case library(LibcryptoError)

  /// One sentence for logs.
  public var description: String {
    switch self {
    case .invalid(let reason): "invalid keyset: \(reason)"
    case .exposed(let path, let mode):
      "keyset file \(path) has mode \(String(mode, radix: 8)): it must not be accessible to group or others (chmod 600)"
    case .file(let path, let reason): "keyset file \(path): \(reason)"
    case .library(let error): error.description
    }
  }
}
