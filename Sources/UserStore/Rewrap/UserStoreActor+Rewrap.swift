import FieldEncryption

extension UserStoreActor {
  private static let takeLease = SQLStatement(
    "rewrap.lease",
    """
    INSERT INTO rewrap_lease (owner, until) VALUES ($1, now() + interval '30 seconds')
    ON CONFLICT (only_one) DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE rewrap_lease.owner = excluded.owner OR rewrap_lease.until < now() RETURNING owner
    """)
  private static let giveLease = SQLStatement("rewrap.give_lease", "DELETE FROM rewrap_lease WHERE owner = $1")
  /// A round that was not finished goes on where it stood.
  private static let begin = SQLStatement(
    "rewrap.begin",
    """
    INSERT INTO rewrap_progress AS p (name, key_id) SELECT name, $2 FROM unnest($1) AS name
    ON CONFLICT (name) DO UPDATE SET
      key_since = CASE WHEN p.key_id = excluded.key_id THEN p.key_since ELSE now() END,
      resealed = CASE WHEN p.key_id = excluded.key_id THEN p.resealed ELSE 0 END,
      key_id = excluded.key_id, position = '', seen = 0, unreadable = 0, updated_at = now(), finished_at = NULL
    WHERE p.key_id <> excluded.key_id OR p.finished_at IS NOT NULL
    """)
  private static let select = SQLStatement(
    "rewrap.progress",
    """
    SELECT name, key_id, position, resealed, unreadable, updated_at, finished_at, key_since FROM rewrap_progress
    WHERE name = ANY($1) ORDER BY name
    """)

  /// How far each column is; none of those for which nothing was ever begun.
  public func rewrapProgress() async throws(UserStoreError) -> [RewrapProgress] {
    try await translating { () async throws(SQLFailure) in
      try await self.read(Self.select(.texts(SealedColumn.all.map(\.name))))[0].rows.map { row throws(SQLFailure) in
        RewrapProgress(
          column: try row.text(0), keyID: UInt32(clamping: try row.int(1)), keySince: try row.timestamp(7),
          position: try row.text(2), resealed: Int(try row.int(3)), unreadable: Int(try row.int(4)),
          updatedAt: try row.timestamp(5), finishedAt: try row.optionalTimestamp(6))
      }
    }
  }

  /// Takes the lease for `owner` and notes a round for `key`; nil when another node has the lease, else where each column
  /// stands.
  func beginRewrap(to key: UInt32, owner: String) async throws(UserStoreError) -> [RewrapProgress]? {
    let names = SealedColumn.all.map(\.name)
    let leased = try await translating { () async throws(SQLFailure) in
      try await self.write([Self.takeLease(.text(owner))])[0].rowCount > 0
    }
    guard leased else { return nil }
    _ = try await translating { () async throws(SQLFailure) in
      try await self.write([Self.begin(.texts(names), .int(Int64(key)))])
    }
    return try await rewrapProgress()
  }

  /// Seals the next window of `column` anew. Nil when another node has the lease or a round for another key has begun.
  func rewrapWindow(
    of column: SealedColumn, after position: String, key: UInt32, limit: Int, owner: String
  ) async throws(UserStoreError) -> (batch: RewrapBatch, replaced: Int)? {
    let call = column.window(after: position, key: key, limit: limit)
    let found = try await translating { () async throws(SQLFailure) in
      try await self.read(call)[0].rows.map { row throws(SQLFailure) in
        (row: try row.text(0), value: try row.optionalBytes(1))
      }
    }
    let batch = try RewrapBatch(found, of: column, with: keyset)
    let calls = [Self.takeLease(.text(owner)), column.store(batch, key: key)]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard results[0].rowCount > 0, let row = results[1].first else { return nil }
    return (batch, try await translating { () async throws(SQLFailure) in Int(try row.int(0)) })
  }

  /// Lets another node go on at once.
  func endRewrap(owner: String) async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in try await self.write([Self.giveLease(.text(owner))]) }
  }
}
