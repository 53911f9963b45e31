import FieldEncryption

/// What walking the audit's chain has found. Pure: it is given the entries in their order.
///
/// An entry's hash is SHA-256 over the hash before it and the entry's text: number, microseconds since 1970, action, actor's id,
/// object, detail, address and request's id, each as `LENGTH:VALUE;` (the length in bytes) or `-;` where there is none. The
/// actor's name is not among them, so that it can be erased. Whoever can write the whole table can write a whole chain: note a
/// number and its hash elsewhere, and give it to the next verification.
public struct AuditChain: Sendable {
  /// A place in the chain.
  public struct Link: Hashable, Sendable {
    /// The entry's number; 0 before the first.
    public let id: Int64
    /// The hash at this entry; empty before the first.
    public let hash: [UInt8]

    /// A place.
    public init(id: Int64, hash: [UInt8]) {
      self.id = id
      self.hash = hash
    }

    /// `NUMBER:HASH`, the hash in lower-case hexadecimal; nil for anything else.
    public init?(text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let id = Int64(parts[0]), id > 0, parts[1].utf8.count == 64,
        parts[1].allSatisfy(\.isHexDigit)
      else { return nil }
      var hash: [UInt8] = []
      var digits = parts[1][...]
      while !digits.isEmpty {
        guard let byte = UInt8(digits.prefix(2), radix: 16) else { return nil }
        hash.append(byte)
        digits = digits.dropFirst(2)
      }
      self.init(id: id, hash: hash)
    }

    /// What `init(text:)` reads.
    public var text: String { "\(id):\(hash.hexadecimal)" }
  }

  /// Where the chain is broken, and how.
  public struct Break: Hashable, Sendable {
    /// The first entry that is not as it was written.
    public let id: Int64
    /// How.
    public let reason: Reason
  }

  /// How a chain can be broken.
  public enum Reason: String, Hashable, Sendable {
    /// The entry is not there.
    case missing
    /// The entry's text or hash is another one.
    case changed
    /// The entry was not written through the chain.
    case foreign
    /// The entry's hash is not the one that was noted elsewhere: the chain was written anew.
    case unexpected
    /// The entry that was noted elsewhere lies before what retention has left.
    case expired
  }

  /// Where the walk stands: everything up to here is as it was written.
  public private(set) var link: Link
  /// How many entries were walked over.
  public private(set) var entries: Int64 = 0
  /// The break, where the walk ended.
  public private(set) var broken: Break?
  private let expected: Link?

  /// A walk that begins behind `base`. `expected` is a place noted at an earlier verification.
  init(from base: Link, expecting expected: Link? = nil) {
    link = base
    self.expected = expected
    if let expected, expected.id < base.id { broken = Break(id: expected.id, reason: .expired) }
    check()
  }

  /// Retention has removed what lies before `base` while we walked. What was walked over stays verified.
  mutating func begin(behind base: Link) {
    if base.id > link.id { link = base }
  }

  /// The next entry of the table.
  mutating func add(_ entry: RecordedEntry) throws(LibcryptoError) {
    guard broken == nil else { return }
    guard entry.id == link.id + 1 else {
      broken = Break(id: entry.id > link.id ? link.id + 1 : entry.id, reason: entry.id > link.id ? .missing : .foreign)
      return
    }
    guard try SHA256.digest(link.hash + Self.text(of: entry)) == entry.hash else {
      broken = Break(id: entry.id, reason: .changed)
      return
    }
    link = Link(id: entry.id, hash: entry.hash)
    entries += 1
    check()
  }

  /// The table has no more entries; the chain's own end is `last`.
  mutating func end(at last: Link) {
    guard broken == nil else { return }
    if last.id > link.id {
      broken = Break(id: link.id + 1, reason: .missing)
    } else if last != link {
      broken = Break(id: link.id, reason: .foreign)
    } else if let expected, expected.id > link.id {
      broken = Break(id: link.id + 1, reason: .missing)
    }
  }

  private mutating func check() {
    guard broken == nil, let expected, expected.id == link.id, expected.hash != link.hash else { return }
    broken = Break(id: link.id, reason: .unexpected)
  }

  static func text(of entry: RecordedEntry) -> [UInt8] {
    let fields: [String?] = [
      String(entry.id), String(entry.microseconds), entry.action, entry.actorID, entry.object, entry.detail,
      entry.address, entry.requestID,
    ]
    return fields.flatMap { field in Array((field.map { "\($0.utf8.count):\($0);" } ?? "-;").utf8) }
  }
}
