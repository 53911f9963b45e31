import FieldEncryption
public import ServiceQueue

/// A key pair that signs access tokens.
public struct SigningKey: Sendable {
  /// Its name in tokens: 16 characters of base64url, from the hash of the public key.
  public let kid: String
  /// The raw Ed25519 public key, 32 bytes: `x` of a JWK.
  public let publicKey: [UInt8]
  /// The raw Ed25519 private key (seed), 32 bytes: `d` of a JWK. Never log it.
  public let privateKey: [UInt8]
  /// When it was made, by PostgreSQL's clock.
  public let createdAt: Timestamp

  /// A key pair with its name, unchecked.
  public init(kid: String, publicKey: [UInt8], privateKey: [UInt8], createdAt: Timestamp) {
    self.kid = kid
    self.publicKey = publicKey
    self.privateKey = privateKey
    self.createdAt = createdAt
  }
}

extension UserStoreActor {
  /// The advisory lock under which nodes make a first key: "usherK" as a number.
  private static let lock: Int64 = 0x7573_6865_724B

  private static let columns = "kid, public_key, private_key, created_at"
  private static let select = SQLStatement(
    "key.select",
    "SELECT \(columns) FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 100")
  private static let takeLock = SQLStatement("key.lock", "SELECT pg_advisory_xact_lock($1)")
  private static let insertFirst = SQLStatement(
    "key.insert_first",
    """
    INSERT INTO signing_keys (kid, public_key, private_key)
    SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE retired_at IS NULL)
    """)

  /// The keys in use, newest first: the first signs, all verify. Makes the first one if there is none; of several nodes
  /// that do so at once, one makes it and all get it.
  public func signingKeys() async throws(UserStoreError) -> [SigningKey] {
    let found = try await translating { () async throws(SQLFailure) in try await self.read(Self.select()) }
    if found[0].rowCount > 0 { return try keys(found[0]) }
    let calls = [Self.takeLock(.int(Self.lock)), try newKey(), Self.select()]
    let made = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    return try keys(made[2])
  }

  private func newKey() throws(UserStoreError) -> SQLCall {
    do {
      let privateKey = try SecureRandom.bytes(Ed25519.privateKeyLength)
      let publicKey = try Ed25519.publicKey(of: privateKey)
      let kid = Base64.url.encode(Array(try SHA256.digest(publicKey).prefix(12)))
      let sealed = try keyset.seal(privateKey, associatedData: Self.place(kid))
      return Self.insertFirst(.text(kid), .bytes(publicKey), .bytes(sealed))
    } catch {
      throw UserStoreError(.internal, "no signing key can be made: \(error)")
    }
  }

  private func keys(_ result: SQLResult) throws(UserStoreError) -> [SigningKey] {
    var keys: [SigningKey] = []
    for row in result.rows {
      do {
        let kid = try row.text(0)
        let publicKey = try row.bytes(1)
        let privateKey = try keyset.open(try row.bytes(2), associatedData: Self.place(kid))
        keys.append(
          SigningKey(kid: kid, publicKey: publicKey, privateKey: privateKey, createdAt: try row.timestamp(3)))
      } catch let failure as SQLFailure {
        throw UserStoreError(failure)
      } catch {
        throw UserStoreError(.internal, "a signing key cannot be opened: \(error)")
      }
    }
    return keys
  }

  private static func place(_ kid: String) -> [UInt8] {
    SealedField(table: "signing_keys", column: "private_key", row: kid).associatedData
  }
}
