public import ServiceQueue

/// A key pair that signs access tokens.
public struct SigningKey: Sendable {
  /// Its name in tokens: 16 characters of base64url, from the hash of the public key.
  public let kid: String
  /// The raw Ed25519 public key, 32 bytes: `x` of a JWK.
  public let publicKey: [UInt8]
  /// The raw Ed25519 private key (seed), 32 bytes: `d` of a JWK. Never log it. Empty in a key that does not sign.
  public let privateKey: [UInt8]
  /// When it was made, by PostgreSQL's clock.
  public let createdAt: Timestamp
  /// True for the one key that signs.
  public let signs: Bool

  /// A key pair with its name, unchecked.
  public init(kid: String, publicKey: [UInt8], privateKey: [UInt8], createdAt: Timestamp, signs: Bool = true) {
    self.kid = kid
    self.publicKey = publicKey
    self.privateKey = privateKey
    self.createdAt = createdAt
    self.signs = signs
  }
}

/// A key as operators see it: when it signs and verifies, no key bytes.
public struct SigningKeyStatus: Hashable, Sendable {
  /// As in `SigningKey.kid`.
  public let kid: String
  /// What it is good for now.
  public let phase: SigningKeySchedule.Phase
  /// When it was made, by PostgreSQL's clock.
  public let createdAt: Timestamp
  /// From when on it may sign.
  public let activatesAt: Timestamp
  /// When it was retired, or will be by the schedule; nil while nothing follows it.
  public let retiresAt: Timestamp?
}
