import FieldEncryption

/// How many stored values each key of the operator's has sealed.
public struct KeyUse: Sendable, Equatable {
  /// By column, such as `users.email`, and key id. Key 0 stands for values that are not sealed as they should be.
  public private(set) var byColumn: [String: [UInt32: Int]] = [:]
  /// Live services (in Redis) whose data key an older key than the primary may still have sealed; they end within their
  /// life, and are counted by when they were submitted.
  public internal(set) var liveServices = 0

  /// Nothing counted yet.
  init() {}

  mutating func add(_ count: Int, of key: UInt32, in column: String) {
    byColumn[column, default: [:]][key, default: 0] += count
  }

  /// Values in PostgreSQL that key `id` has sealed.
  public func values(of id: UInt32) -> Int { byColumn.values.reduce(0) { $0 + ($1[id] ?? 0) } }

  /// Values in PostgreSQL that other keys than `primary` have sealed.
  public func values(notOf primary: UInt32) -> Int {
    byColumn.values.reduce(0) { sum, keys in keys.reduce(sum) { $1.key == primary ? $0 : $0 + $1.value } }
  }
}

extension UserStoreActor {
  private static let window = 5_000

  private static let countLive = SQLStatement(
    "rewrap.live",
    """
    WITH since AS (
      SELECT COALESCE((SELECT key_since + interval '1 minute' FROM rewrap_progress
        WHERE name = 'service_history.personal_key' AND key_id = $1), 'infinity') AS moment)
    SELECT (SELECT count(*) FROM service_history, since
        WHERE ended_at IS NULL AND personal_key IS NOT NULL AND submitted_at < moment)
      + (SELECT count(*) FROM service_history, since
        WHERE ended_at > now() - interval '1 day' AND state = 'no_show' AND personal_key IS NOT NULL
          AND submitted_at < moment)
    """)

  /// Counts all sealed values by key, window by window, so that nobody waits for it; it takes a second for some 500,000 rows.
  public func keyUse() async throws(UserStoreError) -> KeyUse {
    var use = KeyUse()
    for column in SealedColumn.all {
      var position = ""
      while true {
        let call = column.census(after: position, limit: Self.window)
        let rows = try await translating { () async throws(SQLFailure) in
          try await self.read(call)[0].rows.map { row throws(SQLFailure) in
            (key: try row.raw(0).map(Array.init), count: try row.int(1), last: try row.text(2))
          }
        }
        guard let last = rows.first?.last else { break }
        for row in rows {
          // NULL: nothing is stored there.
          guard let bytes = row.key else { continue }
          let id = bytes.count == 4 ? bytes.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } : 0
          use.add(Int(row.count), of: id, in: column.name)
        }
        position = last
      }
    }
    let primary = Int64(keyset.primaryKeyID)
    use.liveServices = try await translating { () async throws(SQLFailure) in
      Int(try await self.read(Self.countLive(.int(primary)))[0].first?.int(0) ?? 0)
    }
    return use
  }
}
