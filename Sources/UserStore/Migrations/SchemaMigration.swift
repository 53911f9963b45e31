import FieldEncryption

/// One step of the schema. Steps only go forward, and one that has been released is never changed: its checksum is kept.
struct SchemaMigration: Sendable {
  /// From 1, without gaps.
  let number: Int64
  /// A few words with hyphens.
  let name: String
  /// Carried out in order, as one transaction.
  let statements: [String]
  /// The newest step that a program must know to work with the database after this one; nil for this one itself. A step that only adds
  /// (a table, an index, a column that may be left out) names the newest whose program it leaves at peace: servers of that one go on
  /// beside new ones during a roll-out, and after a rollback.
  var needs: Int64?

  /// `0001-users`.
  var title: String { "\(String(repeating: "0", count: max(0, 4 - String(number).count)))\(number)-\(name)" }

  /// SHA-256 over the name and the statements, lower-case hex.
  func checksum() throws(LibcryptoError) -> String {
    let text = ([name] + statements).joined(separator: "\u{0}")
    return try SHA256.digest(Array(text.utf8)).hexadecimal
  }
}

/// What remains to be done to a database. Pure.
enum MigrationPlan {
  struct Applied: Sendable, Equatable {
    let number: Int64
    let checksum: String
    var needs: Int64?
  }

  /// The steps of `known` that are not in `applied`; throws when the database is not one that this program can serve. Steps of
  /// newer programs are no matter when they need none that is unknown here.
  static func pending(
    known: [SchemaMigration], applied: [Applied]
  ) throws(UserStoreError) -> [SchemaMigration] {
    for step in applied.sorted(by: { $0.number < $1.number }) {
      guard let migration = known.first(where: { $0.number == step.number }) else {
        if let needs = step.needs, known.contains(where: { $0.number >= needs }) { continue }
        throw UserStoreError(
          .unavailable,
          "the database has migration \(step.number), which this version of Usher does not know: use a newer version")
      }
      let checksum: String
      do { checksum = try migration.checksum() } catch { throw UserStoreError(.internal, error.description) }
      guard checksum == step.checksum else {
        throw UserStoreError(
          .unavailable,
          "migration \(migration.title) in the database is not this version's: use the version that made the database")
      }
    }
    let done = Set(applied.map(\.number))
    let pending = known.filter { !done.contains($0.number) }.sorted { $0.number < $1.number }
    if let first = pending.first, let last = done.max(), first.number < last {
      throw UserStoreError(.unavailable, "the database lacks migration \(first.title) but has later ones")
    }
    return pending
  }
}
