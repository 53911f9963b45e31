import FieldEncryption
import Logging

/// Answers to requests under idempotency keys. A row is a reservation until it has its answer.
extension UserStoreActor {
  /// Takes a key that is new, was reserved a minute ago by someone who never came back, or is a day old.
  private static let reserve = SQLStatement(
    "idempotency.reserve",
    """
    INSERT INTO idempotent_answers AS a (id, fingerprint, holder) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE
    SET fingerprint = excluded.fingerprint, holder = excluded.holder, reserved_at = now(), answer = NULL
    WHERE a.reserved_at < now() - CASE WHEN a.answer IS NULL THEN interval '1 minute' ELSE interval '1 day' END
    """)
  private static let select = SQLStatement(
    "idempotency.select", "SELECT fingerprint, holder, answer FROM idempotent_answers WHERE id = $1")
  private static let keep = SQLStatement(
    "idempotency.keep", "UPDATE idempotent_answers SET answer = $3 WHERE id = $1 AND holder = $2")
  private static let release = SQLStatement(
    "idempotency.release", "DELETE FROM idempotent_answers WHERE id = $1 AND holder = $2 AND answer IS NULL")
  /// Oldest first, so that what is left is the least overdue.
  private static let deleteOld = SQLStatement(
    "idempotency.delete_old",
    """
    DELETE FROM idempotent_answers WHERE id IN (
      SELECT id FROM idempotent_answers WHERE reserved_at < now() - interval '1 day' ORDER BY reserved_at LIMIT 1000)
    RETURNING 1
    """)

  /// Reserves the key `id` for `holder`, if it is free, and tells what it is. Keys are kept for a day.
  ///
  /// - Parameters:
  ///   - id: names the key and whose it is; a hash, so that it is neither long nor readable.
  ///   - fingerprint: is the same exactly when the request is the same.
  ///   - holder: names this attempt.
  public func reserveAnswer(
    id: String, fingerprint: String, holder: String
  ) async throws(UserStoreError) -> AnswerReservation {
    let results = try await translating { () async throws(SQLFailure) in
      try await self.write([Self.reserve(.text(id), .text(fingerprint), .text(holder)), Self.select(.text(id))])
    }
    // Released between the two statements: the next attempt finds it free.
    guard let row = results[1].first else { return .underWay }
    let found: (fingerprint: String, holder: String, answer: [UInt8]?)
    do { found = (try row.text(0), try row.text(1), try row.optionalBytes(2)) } catch { throw UserStoreError(error) }
    if found.holder == holder { return .reserved }
    guard found.fingerprint == fingerprint else { return .otherRequest }
    guard let sealed = found.answer else { return .underWay }
    do { return .kept(try keyset.open(sealed, associatedData: Self.place(id))) } catch {
      throw UserStoreError(.internal, "a kept answer cannot be opened: \(error)")
    }
  }

  /// Keeps the answer of the request that reserved the key, sealed. Where another holds it by now, nothing happens.
  public func keepAnswer(_ answer: [UInt8], id: String, holder: String) async throws(UserStoreError) {
    let sealed: [UInt8]
    do { sealed = try keyset.seal(answer, associatedData: Self.place(id)) } catch {
      throw UserStoreError(.internal, "an answer cannot be sealed: \(error)")
    }
    _ = try await translating { () async throws(SQLFailure) in
      try await self.write([Self.keep(.text(id), .text(holder), .bytes(sealed))])
    }
  }

  /// Gives the key free: the request that reserved it has no answer to keep.
  public func releaseAnswer(id: String, holder: String) async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in
      try await self.write([Self.release(.text(id), .text(holder))])
    }
  }

  /// Deletes answers that are older than a day, a thousand at a time and a hundred times at most; what fails or is left comes with
  /// the next round.
  func deleteOldAnswers() async {
    do {
      for _ in 0..<100 {
        guard try await write([Self.deleteOld()])[0].rowCount == 1_000 else { return }
      }
    } catch {
      logger.warning("old answers were not deleted", metadata: ["error": "\(UserStoreError(error))"])
    }
  }

  private static func place(_ id: String) -> [UInt8] {
    SealedField(table: "idempotent_answers", column: "answer", row: id).associatedData
  }
}
