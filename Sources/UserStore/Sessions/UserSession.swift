import FieldEncryption
public import ServiceQueue

/// A login that is still good, as its user and administrators see it.
public struct UserSession: Hashable, Sendable {
  /// The most live sessions of one user: when one more begins, the oldest ends.
  public static let most = 100

  /// As in `RefreshToken.sessionID`.
  public let id: String
  /// When it began.
  public let createdAt: Timestamp
  /// When its token was last refreshed, or when it began.
  public let lastUsedAt: Timestamp
  /// When it ends unless it is refreshed.
  public let expiresAt: Timestamp
  /// The address that it was begun from, opened; sealed in the database.
  public let address: String?
  /// What the client called itself, opened; sealed in the database.
  public let userAgent: String?
}

/// The sealed columns of `refresh_families`.
enum SessionField {
  case address
  case userAgent

  func seal(_ text: String?, of id: String, with keyset: AEAD) throws(UserStoreError) -> [UInt8]? {
    guard let text else { return nil }
    do {
      return try keyset.seal(Array(text.utf8), associatedData: place(id))
    } catch {
      throw UserStoreError(.internal, "a field of session \(id) cannot be sealed: \(error)")
    }
  }

  func open(_ sealed: [UInt8]?, of id: String, with keyset: AEAD) throws(UserStoreError) -> String? {
    guard let sealed else { return nil }
    do {
      return String(decoding: try keyset.open(sealed, associatedData: place(id)), as: UTF8.self)
    } catch {
      throw UserStoreError(.internal, "a field of session \(id) cannot be opened: \(error)")
    }
  }

  private func place(_ id: String) -> [UInt8] {
    switch self {
    case .address: SealedField(table: "refresh_families", column: "address", row: id).associatedData
    case .userAgent: SealedField(table: "refresh_families", column: "user_agent", row: id).associatedData
    }
  }
}
