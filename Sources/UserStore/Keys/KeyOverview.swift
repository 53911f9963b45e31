public import FieldEncryption

/// All keys as administrators see them, and what they have sealed. No key material.
public struct KeyOverview: Sendable {
  /// The keys that seal, in the order of the keyset.
  public let keys: [Keyset.KeyInfo]
  /// The id of the key of blind indexes; nil where the keyset has none.
  public let indexKeyID: UInt32?
  /// How many values each key has sealed, by column.
  public let use: KeyUse
  /// How far each column is sealed anew.
  public let progress: [RewrapProgress]
  /// The keys of access tokens.
  public let signingKeys: [SigningKeyStatus]

  /// An overview with all its fields.
  public init(
    keys: [Keyset.KeyInfo], indexKeyID: UInt32?, use: KeyUse, progress: [RewrapProgress],
    signingKeys: [SigningKeyStatus]
  ) {
    self.keys = keys
    self.indexKeyID = indexKeyID
    self.use = use
    self.progress = progress
    self.signingKeys = signingKeys
  }
}

extension UserStoreActor {
  /// The keys of this server's keyset and of access tokens. Counts what they have sealed, which takes as long as `keyUse`.
  public func keyOverview() async throws(UserStoreError) -> KeyOverview {
    KeyOverview(
      keys: keyset.keys, indexKeyID: keyset.indexKeyID, use: try await keyUse(), progress: try await rewrapProgress(),
      signingKeys: try await signingKeyStatuses())
  }
}
