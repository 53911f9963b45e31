import FieldEncryption
import ServiceQueue

/// Changes of the signing keys. Each takes the lock first, looks again under it, and writes its audit entry in the same
/// statement: none without the other, and nothing twice.
extension UserStoreActor {
  /// The advisory lock under which nodes change keys: "usherK" as a number.
  private static let lock: Int64 = 0x7573_6865_724B
  private static let takeLock = SQLStatement("key.lock", "SELECT pg_advisory_xact_lock($1)")

  private static let insert = SQLStatement(
    "key.insert",
    """
    WITH made AS (
      INSERT INTO signing_keys (kid, public_key, private_key, activates_at)
      SELECT $1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond'
      WHERE $5 IS NOT DISTINCT FROM (
        SELECT kid FROM signing_keys WHERE retired_at IS NULL ORDER BY activates_at DESC, kid LIMIT 1)
      RETURNING kid
    )
    INSERT INTO audit (action, object, detail) SELECT 'signing-key.create', kid, $6::json FROM made RETURNING object
    """)
  private static let retire = SQLStatement(
    "key.retire",
    """
    WITH retired AS (
      UPDATE signing_keys SET retired_at = clock_timestamp(), private_key = NULL
      WHERE kid = $1 AND retired_at IS NULL RETURNING kid
    )
    INSERT INTO audit (action, object, detail) SELECT 'signing-key.retire', kid, $2::json FROM retired RETURNING object
    """)
  /// When no key may sign any more, the next one signs as soon as all nodes can have loaded it.
  private static let hasten = SQLStatement(
    "key.hasten",
    """
    UPDATE signing_keys SET activates_at =
      LEAST(activates_at, GREATEST(clock_timestamp(), created_at + $1 * interval '1 millisecond'))
    WHERE retired_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM signing_keys WHERE retired_at IS NULL AND activates_at <= clock_timestamp())
    """)
  private static let forget = SQLStatement(
    "key.forget", "DELETE FROM signing_keys WHERE kid = $1 AND retired_at IS NOT NULL")

  private enum Cause: String {
    case schedule
    case `operator`

    var detail: SQLParameter { .text("{\"cause\":\"\(rawValue)\"}") }
  }

  /// Publishes a new key by hand, which signs after the overlap. Its name; nil when one is published already.
  public func rotateSigningKey() async throws(UserStoreError) -> String? {
    let statuses = try await signingKeyStatuses()
    guard !statuses.contains(where: { $0.phase == .published }) else { return nil }
    let newest = statuses.first { $0.phase == .signing }
    let overlap = newest == nil ? .zero : configuration.signingKeys.overlap
    let call = try newKey(after: newest?.kid, overlap: overlap, cause: .operator)
    return try await changeKeys([call])[0].first.map(Self.name)
  }

  /// Ends a key at once, whatever it signed: every node refuses its tokens within seconds. If it was the last that could
  /// sign, the next one signs ten seconds after it was published, and until then nobody gets a token. False when no key in
  /// use has that name.
  public func retireSigningKey(_ kid: String) async throws(UserStoreError) -> Bool {
    let urgent = SigningKeySchedule.urgentOverlap
    let results = try await changeKeys([
      Self.retire(.text(kid), Cause.operator.detail),
      try newKey(after: nil, overlap: urgent, cause: .operator),
      Self.hasten(.int(urgent.wholeMilliseconds)),
    ])
    return results[0].rowCount > 0
  }

  /// Does what the schedule says; what another node has done already is left.
  func carryOut(_ steps: [SigningKeySchedule.Step]) async throws(UserStoreError) {
    var calls: [SQLCall] = []
    for step in steps {
      switch step {
      case .create(let newest):
        let overlap = newest == nil ? .zero : configuration.signingKeys.overlap
        calls.append(try newKey(after: newest, overlap: overlap, cause: .schedule))
      case .retire(let kid): calls.append(Self.retire(.text(kid), Cause.schedule.detail))
      case .forget(let kid): calls.append(Self.forget(.text(kid)))
      }
    }
    _ = try await changeKeys(calls)
  }

  /// A key that is written only if the newest in use is still the one named.
  private func newKey(after newest: String?, overlap: Duration, cause: Cause) throws(UserStoreError) -> SQLCall {
    do {
      var (privateKey, publicKey, kid): ([UInt8], [UInt8], String)
      repeat {
        privateKey = try SecureRandom.bytes(Ed25519.privateKeyLength)
        publicKey = try Ed25519.publicKey(of: privateKey)
        kid = Base64.url.encode(Array(try SHA256.digest(publicKey).prefix(12)))
        // A command line would take such a name for an option.
      } while kid.hasPrefix("-")
      let sealed = try keyset.seal(privateKey, associatedData: Self.place(ofSigningKey: kid))
      return Self.insert(
        .text(kid), .bytes(publicKey), .bytes(sealed), .int(overlap.wholeMilliseconds), .text(newest), cause.detail)
    } catch {
      throw UserStoreError(.internal, "no signing key can be made: \(error)")
    }
  }

  /// One transaction under the lock; the results of `calls`.
  private func changeKeys(_ calls: [SQLCall]) async throws(UserStoreError) -> [SQLResult] {
    let all = [Self.takeLock(.int(Self.lock))] + calls
    let results = try await translating { () async throws(SQLFailure) in try await self.write(all) }
    return Array(results.dropFirst())
  }

  private static func name(_ row: SQLRow) throws(UserStoreError) -> String {
    do { return try row.text(0) } catch { throw UserStoreError(error) }
  }
}
