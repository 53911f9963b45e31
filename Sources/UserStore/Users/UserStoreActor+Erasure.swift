import FieldEncryption
import Logging
import ServiceQueue

/// Erasing users: at once where the user is kept, and bit by bit in what the history and the audit say of it.
extension UserStoreActor {
  private static let erase = SQLStatement(
    "user.erase",
    """
    UPDATE users SET username = $3, password_phc = NULL, email = NULL, email_index = NULL, display_name = NULL,
      queues = NULL, skills = '{}', capacity = NULL, oidc_issuer = NULL, oidc_subject = NULL, disabled = true,
      erased_at = now(), updated_at = now(), version = version + 1
    WHERE id = $1 AND erased_at IS NULL AND ($2 IS NULL OR version = $2) AND NOT \(LastAdministrator.condition)
    RETURNING \(UserRow.columns)
    """)
  private static let ifErased = "EXISTS (SELECT 1 FROM users WHERE id = $1 AND erased_at IS NOT NULL)"
  private static let clearSessions = SQLStatement(
    "user.erase_sessions",
    """
    UPDATE refresh_families SET
      revoked_at = COALESCE(revoked_at, now()), address = NULL, user_agent = NULL, network_hash = NULL
    WHERE user_id = $1 AND \(ifErased)
    """)
  private static let clearInvitation = SQLStatement(
    "user.erase_invitation", "DELETE FROM user_invitations WHERE user_id = $1 AND \(ifErased)")
  private static let remember = SQLStatement(
    "erasure.put",
    "INSERT INTO user_erasures (user_id, name) SELECT $1, $2 WHERE \(ifErased) ON CONFLICT (user_id) DO NOTHING")
  private static let selectErasures = SQLStatement(
    "erasure.list",
    """
    SELECT user_id, name, erased_at, erased_at < now() - interval '26 hours' FROM user_erasures
    ORDER BY erased_at LIMIT 100
    """)
  private static let forget = SQLStatement("erasure.delete", "DELETE FROM user_erasures WHERE user_id = $1")

  /// `$1` the user's id, `$2` its new name; changes at most `$3` rows.
  private static let inServices = SQLStatement(
    "erasure.history",
    """
    UPDATE service_history h SET assignee_name = $2 FROM (
      SELECT id, submitted_at FROM service_history WHERE assignee_id = $1 AND assignee_name <> $2 LIMIT $3) b
    WHERE h.id = b.id AND h.submitted_at = b.submitted_at RETURNING 1
    """)
  /// By the name, as the events have it, which still lead to the services that they ended.
  private static let inEnds = SQLStatement(
    "erasure.ends",
    """
    UPDATE service_history h SET ended_by = $2 FROM (
      SELECT id, submitted_at FROM service_history
      WHERE ended_by = $1 AND ended_at <= $4 + interval '10 seconds'
        AND id IN (SELECT service_id FROM service_events WHERE actor = $1) LIMIT $3) b
    WHERE h.id = b.id AND h.submitted_at = b.submitted_at RETURNING 1
    """)
  /// Events know names alone. Only those from before the user was erased: somebody else may have the name by now.
  private static let inEvents = SQLStatement(
    "erasure.events",
    """
    UPDATE service_events e SET actor = $2 FROM (
      SELECT queue, epoch, version, at FROM service_events
      WHERE actor = $1 AND at <= $4 + interval '10 seconds' LIMIT $3) b
    WHERE (e.queue, e.epoch, e.version, e.at) = (b.queue, b.epoch, b.version, b.at) RETURNING 1
    """)
  /// Who acts in events without being a user: a user of such a name cannot be told from them.
  private static let machines: Set = ["system", "amqp"]
  /// How many rows one statement changes at most, and the pause after a full one, which leaves others their turn.
  private static let batch = 1_000
  private static let pause = Duration.milliseconds(20)

  /// Takes the person out of a user: name, address, password, sessions and where they came from are gone when this returns;
  /// the id stays, under the name `erased-` and its beginning. What the history and the audit say of the name is rewritten
  /// afterwards, see `finishErasures`. Throws `notFound`, `versionMismatch`, `lastAdministrator`.
  public func eraseUser(
    id: String, expectedVersion: Int64?, audit: AuditEntry?
  ) async throws(UserStoreError) -> User {
    let user = try await user(id: id)
    guard user.state != .erased else { throw Self.notFound }
    let name: [UInt8]
    do {
      name = try keyset.seal(Array(user.username.utf8), associatedData: Self.place(id))
    } catch { throw UserStoreError(.internal, "the name of user \(id) cannot be sealed: \(error)") }
    var calls = [
      Self.erase(.text(id), .int(expectedVersion), .text(UserRules.erasedName(of: id))),
      LastAdministrator.examine(.text(id)), Self.clearSessions(.text(id)), Self.clearInvitation(.text(id)),
      Self.remember(.text(id), .bytes(name)),
      Self.forgetFailures(try failureKey(.account(user.username))),
    ]
    if let audit { calls.append(AuditSQL.insert(audit.about(id), ifChanged: id)) }
    let results = try await changing(true, calls)
    guard let row = results[0].first else {
      throw LastAdministrator.refusal(try Self.examined(results[1]), expectedVersion: expectedVersion)
    }
    housekeeping.continuation.yield()
    return try Self.userRow(row).opened(with: keyset)
  }

  /// Rewrites the names of erased users in the history and in the audit, in batches of 1,000 rows; whoever is interrupted, or
  /// another node, goes on later. A name is kept, sealed, for 26 hours more, since services that the user had claimed or put
  /// on hold, for a day at most, bring it into the history again; then it is forgotten.
  public func finishErasures() async throws(UserStoreError) {
    let rows = try await translating { () async throws(SQLFailure) in try await self.read(Self.selectErasures())[0].rows
    }
    for row in rows {
      do {
        let id = try row.text(0)
        let name = String(
          decoding: try keyset.open(try row.bytes(1), associatedData: Self.place(id)), as: UTF8.self)
        let erased = UserRules.erasedName(of: id)
        let (new, batch) = (SQLParameter.text(erased), SQLParameter.int(Int64(Self.batch)))
        let until = SQLParameter.timestamp(try row.timestamp(2))
        try await repeating([Self.inServices(.text(id), new, batch)])
        if !Self.machines.contains(name) {
          try await repeating([Self.inEnds(.text(name), new, batch, until)])
          try await repeating([Self.inEvents(.text(name), new, batch, until)])
        }
        try await repeating(AuditSQL.eraseName(of: id, as: erased, limit: Self.batch))
        if try row.bool(3) { _ = try await write([Self.forget(.text(id))]) }
      } catch let failure as SQLFailure {
        throw UserStoreError(failure)
      } catch is CancellationError {
        return
      } catch {
        throw UserStoreError(.internal, "an erased user's name cannot be opened: \(type(of: error))")
      }
    }
  }

  /// Until the last statement of the group finds less than a batch.
  private func repeating(_ calls: [SQLCall]) async throws {
    while try await write(calls).last?.rowCount == Self.batch { try await Task.sleep(for: Self.pause) }
  }

  private static func place(_ id: String) -> [UInt8] {
    SealedField(table: "user_erasures", column: "name", row: id).associatedData
  }
}
