import Logging

extension UserStoreActor {
  /// Entries of one step of a walk: with the longest details that there are some hundred kilobytes.
  private static let step = 500
  /// Entries that one transaction removes.
  private static let expiring = 1_000

  /// The chain's ends and the entries behind $1, as of one moment.
  private static let walk = SQLStatement(
    "audit.walk",
    """
    SELECT c.first_id, c.first_hash, c.last_id, c.last_hash, e.*
    FROM audit_chain c LEFT JOIN LATERAL (
      SELECT \(AuditPageSQL.columns) FROM audit WHERE id > $1 ORDER BY id LIMIT $2
    ) e ON true ORDER BY e.id
    """)

  /// Writes an entry by itself, for acts that change nothing in the store.
  public func record(_ entry: AuditEntry) async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in try await self.write([AuditSQL.insert(entry)]) }
  }

  /// A page of the audit, newest first. Throws `invalidArgument` when the limit is not 1 to 500.
  public func auditPage(_ query: AuditQuery) async throws(UserStoreError) -> AuditPage {
    guard UserRules.pageLimit.contains(query.limit) else { throw UserStoreError(.invalidArgument, "limit is 1 to 500") }
    let call = AuditPageSQL.page(query)
    return try await translating { () async throws(SQLFailure) in
      let result = try await self.read(call)[0]
      var entries: [RecordedEntry] = []
      for row in result.rows.prefix(query.limit) { entries.append(try RecordedEntry(row)) }
      return AuditPage(entries: entries, next: result.rowCount > query.limit ? entries.last?.id : nil)
    }
  }

  /// Walks the whole audit from its oldest entry and says where its chain is broken, if anywhere. Holds a page of it at a time;
  /// entries may be written and expire meanwhile. `expected` is a place that was noted before: the chain must still go through it.
  public func verifyAudit(expecting expected: AuditChain.Link? = nil) async throws(UserStoreError) -> AuditChain {
    var chain: AuditChain?
    while true {
      let call = Self.walk(.int(chain?.link.id ?? -1), .int(Int64(Self.step)))
      let result = try await translating { () async throws(SQLFailure) in try await self.read(call)[0] }
      do {
        let isDone = try Self.walk(over: result, &chain, expecting: expected)
        if let chain, isDone || chain.broken != nil { return chain }
      } catch let failure as SQLFailure {
        throw UserStoreError(failure)
      } catch {
        throw UserStoreError(.internal, "the audit cannot be verified: \(error)")
      }
    }
  }

  /// One step; true when the table has no more entries.
  private static func walk(
    over result: SQLResult, _ chain: inout AuditChain?, expecting expected: AuditChain.Link?
  ) throws -> Bool {
    guard let first = result.first else { throw UserStoreError(.internal, "its chain is gone") }
    let base = AuditChain.Link(id: try first.int(0), hash: try first.bytes(1))
    var walk = chain ?? AuditChain(from: base, expecting: expected)
    walk.begin(behind: base)
    // Without entries there is one row all the same, of the chain alone.
    let rows = try first.optionalInt(4) == nil ? [] : result.rows
    for row in rows { try walk.add(try RecordedEntry(row, from: 4)) }
    let isDone = rows.count < step
    if isDone { walk.end(at: AuditChain.Link(id: try first.int(2), hash: try first.bytes(3))) }
    chain = walk
    return isDone
  }

  /// Removes entries of more than `months` months, some at a time, and returns once there are none left or it fails.
  func expireAudit(months: Int) async {
    guard months > 0 else { return }
    do {
      while !Task.isCancelled {
        let results = try await write(AuditSQL.expire(months: months, limit: Self.expiring))
        guard results[1].rowCount > 0 else { return }
      }
    } catch {
      logger.warning("old entries of the audit were not removed", metadata: ["error": "\(UserStoreError(error))"])
    }
  }
}
