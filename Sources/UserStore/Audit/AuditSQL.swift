/// The audit's statements. An act that changes the store writes its entry in the same transaction: none without the other.
enum AuditSQL {
  private static let columns = "action, actor_id, actor_name, object, detail, address, request_id"
  private static let insert = SQLStatement(
    "audit.insert", "INSERT INTO audit (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7)")
  private static let insertIfChanged = SQLStatement(
    "audit.insert_if_changed",
    """
    INSERT INTO audit (\(columns)) SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE EXISTS (SELECT 1 FROM users WHERE id = $8 AND updated_at = now())
    """)

  static func insert(_ entry: AuditEntry) -> SQLCall {
    SQLCall(statement: insert, parameters: parameters(entry))
  }

  /// For behind an update that may find nothing to change: writes only if this transaction changed the user.
  static func insert(_ entry: AuditEntry, ifChanged userID: String) -> SQLCall {
    SQLCall(statement: insertIfChanged, parameters: parameters(entry) + [.text(userID)])
  }

  private static func parameters(_ entry: AuditEntry) -> [SQLParameter] {
    [
      .text(entry.action), .text(entry.actor?.id), .text(entry.actor?.name), .text(entry.object),
      .text(entry.detail.map { String(decoding: $0, as: UTF8.self) }), .text(entry.address), .text(entry.requestID),
    ]
  }
}

extension UserStoreActor {
  /// Writes an entry by itself, for acts that change nothing in the store.
  public func record(_ entry: AuditEntry) async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in try await self.write([AuditSQL.insert(entry)]) }
  }
}
