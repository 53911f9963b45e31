import FieldEncryption
import Logging
import ServiceQueue

extension UserStoreActor {
  private static let select = SQLStatement(
    "key.select",
    """
    SELECT kid, created_at, activates_at, retired_at, public_key, private_key, now() FROM signing_keys
    ORDER BY retired_at IS NOT NULL, activates_at DESC, kid LIMIT 100
    """)

  /// The keys that verify, the one that signs first; no one signs while the only keys are younger than their overlap.
  ///
  /// Does on the way what the schedule says is due: makes the first key and the next ones, retires and forgets old ones. Of
  /// several nodes that do so at once, one does it and all get the same. All nodes ask every few seconds.
  public func signingKeys() async throws(UserStoreError) -> [SigningKey] {
    var found = try await storedSigningKeys()
    let due = configuration.signingKeys.steps(for: found.keys, now: found.now)
    if !due.isEmpty {
      do {
        try await carryOut(due)
        found = try await storedSigningKeys()
      } catch {
        // What there is keeps serving; without any key nobody can.
        guard found.keys.contains(where: { $0.retiredAt == nil }) else { throw error }
        logger.warning("the signing keys were not rotated; trying on", metadata: ["error": "\(error)"])
      }
    }
    return try opened(found)
  }

  /// Every key that is remembered, without key bytes: those in use first, the newest of them first.
  public func signingKeyStatuses() async throws(UserStoreError) -> [SigningKeyStatus] {
    let found = try await storedSigningKeys()
    let schedule = configuration.signingKeys
    return found.keys.map { key in
      SigningKeyStatus(
        kid: key.kid, phase: schedule.phase(of: key, among: found.keys, now: found.now), createdAt: key.createdAt,
        activatesAt: key.activatesAt, retiresAt: schedule.retirement(of: key, among: found.keys))
    }
  }

  /// The table, with the moment at which it was read.
  private struct Stored {
    var keys: [SigningKeySchedule.Key] = []
    /// By kid: the public half, and the sealed private one.
    var halves: [String: (publicKey: [UInt8], sealed: [UInt8]?)] = [:]
    var now = Timestamp(milliseconds: 0)
  }

  private func storedSigningKeys() async throws(UserStoreError) -> Stored {
    let results = try await translating { () async throws(SQLFailure) in try await self.read(Self.select()) }
    var stored = Stored()
    do {
      for row in results[0].rows {
        let key = SigningKeySchedule.Key(
          kid: try row.text(0), createdAt: try row.timestamp(1), activatesAt: try row.timestamp(2),
          retiredAt: try row.optionalTimestamp(3))
        stored.keys.append(key)
        stored.halves[key.kid] = (try row.bytes(4), try row.optionalBytes(5))
        stored.now = try row.timestamp(6)
      }
    } catch { throw UserStoreError(error) }
    return stored
  }

  private func opened(_ stored: Stored) throws(UserStoreError) -> [SigningKey] {
    let signer = configuration.signingKeys.signer(among: stored.keys, now: stored.now)
    var keys: [SigningKey] = []
    for key in stored.keys where key.retiredAt == nil {
      guard let halves = stored.halves[key.kid] else { continue }
      let signs = key == signer
      var privateKey: [UInt8] = []
      if signs, let sealed = halves.sealed {
        do {
          privateKey = try keyset.open(sealed, associatedData: Self.place(ofSigningKey: key.kid))
        } catch {
          throw UserStoreError(.internal, "a signing key cannot be opened: \(error)")
        }
      }
      let opened = SigningKey(
        kid: key.kid, publicKey: halves.publicKey, privateKey: privateKey, createdAt: key.createdAt, signs: signs)
      keys.insert(opened, at: signs ? 0 : keys.count)
    }
    return keys
  }

  /// Where a sealed private key belongs.
  static func place(ofSigningKey kid: String) -> [UInt8] {
    SealedField(table: "signing_keys", column: "private_key", row: kid).associatedData
  }
}
