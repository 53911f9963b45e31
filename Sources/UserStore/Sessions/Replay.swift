import FieldEncryption
import ServiceQueue

/// What lets a client whose answer got lost ask again: the successor of a refresh token, sealed in the token's row for a
/// minute under the hash of the client's idempotency key. Pure.
struct Replay: Sendable {
  /// SHA-256 of the idempotency key.
  let key: [UInt8]
  /// The successor's text, sealed for the row of the token that it follows.
  let sealed: [UInt8]

  init(
    of presented: TokenSecret, successor: TokenSecret, under key: IdempotencyKey, sealedBy keyset: AEAD
  ) throws(UserStoreError) {
    do {
      self.key = try SHA256.digest(Array(key.rawValue.utf8))
      sealed = try keyset.seal(Array(successor.text.utf8), associatedData: Self.place(presented))
    } catch {
      throw UserStoreError(.internal, "a refresh token cannot be sealed: \(error)")
    }
  }

  /// The successor that was given first.
  static func open(
    _ sealed: [UInt8], of presented: TokenSecret, with keyset: AEAD
  ) throws(UserStoreError) -> TokenSecret {
    do {
      let text = String(decoding: try keyset.open(sealed, associatedData: place(presented)), as: UTF8.self)
      if let secret = TokenSecret(text) { return secret }
    } catch {
      throw UserStoreError(.internal, "a refresh token cannot be opened: \(error)")
    }
    throw UserStoreError(.internal, "what was sealed is no refresh token")
  }

  /// The id of the access token that is given with `successor`: the same each time, and no way back to the secret.
  static func tokenID(beside successor: TokenSecret) throws(UserStoreError) -> String {
    do {
      return Base64.url.encode(Array(try SHA256.digest(Array("access".utf8) + successor.hash).prefix(16)))
    } catch {
      throw UserStoreError(.internal, error.description)
    }
  }

  private static func place(_ presented: TokenSecret) -> [UInt8] {
    SealedField(table: "refresh_tokens", column: "successor", row: Base64.url.encode(presented.hash)).associatedData
  }
}
