import FieldEncryption

/// A column whose values are sealed by the operator's keyset, one value a row, bound to table, column and row.
///
/// A new sealed column is one more line in ``all``: it is then counted, sealed anew after a rotation, and keeps its key from
/// being destroyed. Its table is walked by the row key, which is text and should begin an index.
struct SealedColumn: Sendable {
  let table: StaticString
  let column: StaticString
  /// The column that identifies the row in the associated data.
  let rowKey: StaticString

  static let all = [
    SealedColumn(table: "users", column: "email", rowKey: "id"),
    SealedColumn(table: "users", column: "display_name", rowKey: "id"),
    SealedColumn(table: "signing_keys", column: "private_key", rowKey: "kid"),
    // The data keys alone; the texts that they seal stay as they are.
    SealedColumn(table: "service_history", column: "personal_key", rowKey: "id"),
    SealedColumn(table: "refresh_families", column: "address", rowKey: "id"),
    SealedColumn(table: "refresh_families", column: "user_agent", rowKey: "id"),
    SealedColumn(table: "user_erasures", column: "name", rowKey: "user_id"),
    SealedColumn(table: "idempotent_answers", column: "answer", rowKey: "id"),
  ]

  /// `users.email`.
  var name: String { "\(table).\(column)" }

  /// What a value of the row is bound to.
  func place(_ row: String) -> [UInt8] { SealedField(table: table, column: column, row: row).associatedData }

  /// The next `limit` rows behind row `position`: those with a value that another key than `key` has sealed, and the last one
  /// of all, without its value if it needs nothing. None when there are no more.
  func window(after position: String, key: UInt32, limit: Int) -> SQLCall {
    SQLStatement(
      "rewrap.window.\(name)",
      """
      WITH w AS (
        SELECT \(rowKey) AS k, \(column) AS v FROM \(table) WHERE \(rowKey) > $1 ORDER BY \(rowKey) LIMIT $2)
      SELECT k, CASE WHEN substring(v FROM 2 FOR 4) <> $3 THEN v END FROM w
      WHERE substring(v FROM 2 FOR 4) <> $3 OR k = (SELECT k FROM w ORDER BY k DESC LIMIT 1) ORDER BY k
      """)(.text(position), .int(Int64(limit)), .bytes(Self.bytes(of: key)))
  }

  /// Puts the new values of `batch` where the old ones still stand, and notes how far it came. Gives one row, how many values
  /// were replaced; none when somebody has begun anew for another key.
  func store(_ batch: RewrapBatch, key: UInt32) -> SQLCall {
    SQLStatement(
      "rewrap.store.\(name)",
      """
      WITH done AS (
        UPDATE \(table) t SET \(column) = n.new FROM unnest($1, $2, $3) AS n (k, old, new)
        WHERE t.\(rowKey) = n.k AND t.\(column) = n.old RETURNING 1)
      UPDATE rewrap_progress SET position = COALESCE($6, position), seen = seen + $7,
        resealed = resealed + (SELECT count(*) FROM done), unreadable = unreadable + $8, updated_at = now(),
        finished_at = CASE WHEN $9 THEN now() END
      WHERE name = $4 AND key_id = $5 RETURNING (SELECT count(*) FROM done)
      """)(
        .texts(batch.rows), .byteStrings(batch.old), .byteStrings(batch.new), .text(name), .int(Int64(key)),
        .text(batch.position), .int(Int64(batch.seen)), .int(Int64(batch.unreadable)), .bool(batch.isLast))
  }

  /// For the next `limit` rows behind row `position`: each key with how many values it has sealed, and the last row.
  func census(after position: String, limit: Int) -> SQLCall {
    SQLStatement(
      "rewrap.census.\(name)",
      """
      WITH w AS (
        SELECT \(rowKey) AS k, \(column) AS v FROM \(table) WHERE \(rowKey) > $1 ORDER BY \(rowKey) LIMIT $2)
      SELECT substring(v FROM 2 FOR 4), count(*), (SELECT k FROM w ORDER BY k DESC LIMIT 1) FROM w GROUP BY 1
      """)(.text(position), .int(Int64(limit)))
  }

  /// A key id as it stands in a sealed value.
  private static func bytes(of key: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: key >> (24 - 8 * $0)) }
  }
}
