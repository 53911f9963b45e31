/// The audit's statements. An act that changes the store writes its entry in the same transaction: none without the other.
///
/// The entry is the last of its transaction: from it to the commit no other entry can be written.
enum AuditSQL {
  private static let columns = "action, actor_id, actor_name, object, detail, address, request_id"
  private static let insert = SQLStatement(
    "audit.insert", "INSERT INTO audit (\(columns)) VALUES ($1, $2, $3, $4, $5::json, $6, $7)")
  private static let insertIfChanged = SQLStatement(
    "audit.insert_if_changed",
    """
    INSERT INTO audit (\(columns)) SELECT $1, $2, $3, $4, $5::json, $6, $7
    WHERE EXISTS (SELECT 1 FROM users WHERE id = $8 AND updated_at = now())
    """)
  private static let insertIfLinkChanged = SQLStatement(
    "audit.insert_if_link_changed",
    """
    INSERT INTO audit (\(columns)) SELECT $1, $2, $3, $4, $5::json, $6, $7
    WHERE EXISTS (SELECT 1 FROM board_links WHERE id = $8 AND now() IN (created_at, revoked_at))
    """)
  private static let allow = SQLStatement("audit.allow", "SELECT set_config('usher.audit', $1, true)")
  private static let eraseName = SQLStatement(
    "audit.erase_name",
    """
    UPDATE audit SET actor_name = $2 WHERE id IN (
      SELECT id FROM audit WHERE actor_id = $1 AND actor_name <> $2 LIMIT $3)
    RETURNING 1
    """)
  // A part of the oldest at a time. What the chain then begins behind is kept, for verifying the rest.
  private static let expire = SQLStatement(
    "audit.expire",
    """
    WITH old AS (
      SELECT id FROM audit WHERE at < now() - make_interval(months => $1::int) ORDER BY at, id LIMIT $2
    ), gone AS (
      DELETE FROM audit WHERE id <= (SELECT max(id) FROM old) RETURNING id, hash
    ), last AS (
      SELECT id, hash FROM gone ORDER BY id DESC LIMIT 1
    )
    UPDATE audit_chain SET first_id = last.id, first_hash = last.hash, expired_at = now() FROM last RETURNING first_id
    """)
  private static let insertExpired = SQLStatement(
    "audit.insert_expired",
    """
    INSERT INTO audit (action, detail) SELECT 'audit.expire', json_build_object('through', first_id)
    FROM audit_chain WHERE expired_at = now()
    """)

  static func insert(_ entry: AuditEntry) -> SQLCall {
    SQLCall(statement: insert, parameters: parameters(entry))
  }

  /// For behind an update that may find nothing to change: writes only if this transaction changed the user.
  static func insert(_ entry: AuditEntry, ifChanged userID: String) -> SQLCall {
    SQLCall(statement: insertIfChanged, parameters: parameters(entry) + [.text(userID)])
  }

  /// The same of a display's link: writes only if this transaction made or revoked it.
  static func insert(_ entry: AuditEntry, ifLinkChanged id: String) -> SQLCall {
    SQLCall(statement: insertIfLinkChanged, parameters: parameters(entry) + [.text(id)])
  }

  /// Puts `name`, which begins with `erased-`, for a user's name into at most `limit` entries, which keep the id. The second result
  /// has a row for each of them.
  static func eraseName(of userID: String, as name: String, limit: Int) -> [SQLCall] {
    [allow(.text("erasure")), eraseName(.text(userID), .text(name), .int(Int64(limit)))]
  }

  /// Removes the oldest entries of more than so many months, at most `limit`, and says so in an entry. The second result has a row
  /// if anything was removed.
  static func expire(months: Int, limit: Int) -> [SQLCall] {
    [allow(.text("retention")), expire(.int(Int64(months)), .int(Int64(limit))), insertExpired()]
  }

  private static func parameters(_ entry: AuditEntry) -> [SQLParameter] {
    [
      .text(entry.action), .text(entry.actor?.id), .text(entry.actor?.name), .text(entry.object),
      .text(entry.detail.map { String(decoding: $0, as: UTF8.self) }), .text(entry.address), .text(entry.requestID),
    ]
  }
}
