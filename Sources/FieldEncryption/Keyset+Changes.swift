/// What operators change. Each change gives a new keyset and leaves the index secret as it is.
extension Keyset {
  /// This keyset with one more key, which becomes the primary. The others keep their status, so what they sealed still
  /// opens. Give the result to every process before values sealed by the new key reach those that have only the old:
  /// where several run, ``prepared()`` and then ``promoting(_:)`` leave them the time.
  public func rotated() throws(KeysetError) -> Keyset {
    let (keyset, id) = try prepared()
    return try keyset.promoting(id)
  }

  /// This keyset with one more key that opens and does not seal yet, and that key's id.
  public func prepared() throws(KeysetError) -> (keyset: Keyset, id: UInt32) {
    let pinned = try withIndexKey()
    let entry = try Self.newEntry(avoiding: pinned.ids)
    let keyset = try Keyset(
      primaryKeyID: pinned.primaryKeyID, entries: pinned.entries + [entry], index: pinned.index)
    return (keyset, entry.id)
  }

  /// This keyset with the enabled key `id` as its primary.
  public func promoting(_ id: UInt32) throws(KeysetError) -> Keyset {
    let entry = try entry(id)
    guard entry.status == .enabled else { throw .refused("key \(id) is \(entry.status.rawValue): enable it first") }
    return try Keyset(primaryKeyID: id, entries: entries, index: try withIndexKey().index)
  }

  /// This keyset with key `id` in `status`. Destroying is for ever. The primary stays enabled; a destroyed key stays so.
  public func setting(_ id: UInt32, to status: KeyStatus) throws(KeysetError) -> Keyset {
    let found = try entry(id)
    guard id != primaryKeyID || status == .enabled else {
      throw .refused("key \(id) is the primary, which seals: promote another key first")
    }
    guard found.status != .destroyed || status == .destroyed else { throw .refused("key \(id) is destroyed for ever") }
    // Before the oldest key can go, from which the secret may have been derived.
    let index = try withIndexKey().index
    let changed = entries.map { entry in
      entry.id == id
        ? Entry(id: id, status: status, secret: status == .destroyed ? nil : entry.secret) : entry
    }
    return try Keyset(primaryKeyID: primaryKeyID, entries: changed, index: index)
  }

  private var ids: Set<UInt32> { Set(entries.map(\.id) + (index.map { [$0.id] } ?? [])) }

  private func entry(_ id: UInt32) throws(KeysetError) -> Entry {
    if id == index?.id {
      throw .refused("key \(id) is the index key, which is never changed: everything that was indexed would be lost")
    }
    guard let entry = entries.first(where: { $0.id == id }) else { throw .refused("the keyset has no key \(id)") }
    return entry
  }

  /// The same keyset, its index secret written down.
  private func withIndexKey() throws(KeysetError) -> Keyset {
    guard index == nil else { return self }
    let secret: SecretBytes
    do { secret = try indexSecret() } catch { throw .library(error) }
    let entry = IndexEntry(id: try Self.newID(avoiding: ids), secret: secret)
    return try Keyset(primaryKeyID: primaryKeyID, entries: entries, index: entry)
  }
}
