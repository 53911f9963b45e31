import FieldEncryption
import ServiceQueue

/// A user as it lies in the table, its personal fields sealed.
struct UserRow {
  /// The columns in the order in which `init` reads them.
  static let columns =
    """
    id, username, level, queues, disabled, email, display_name, created_at, updated_at, version, password_phc, skills, \
    capacity, erased_at IS NOT NULL
    """

  let id: String
  let username: String
  let level: String
  let queues: [String]?
  let isDisabled: Bool
  let email: [UInt8]?
  let displayName: [UInt8]?
  let createdAt: Timestamp
  let updatedAt: Timestamp
  let version: Int64
  /// Nil for a user who was invited and has not chosen one yet, or is erased.
  let passwordPHC: String?
  let skills: [String]
  let capacity: Int64?
  let isErased: Bool

  init(_ row: SQLRow) throws(SQLFailure) {
    id = try row.text(0)
    username = try row.text(1)
    level = try row.text(2)
    queues = try row.optionalTexts(3)
    isDisabled = try row.bool(4)
    email = try row.optionalBytes(5)
    displayName = try row.optionalBytes(6)
    createdAt = try row.timestamp(7)
    updatedAt = try row.timestamp(8)
    version = try row.int(9)
    passwordPHC = try row.optionalText(10)
    skills = try row.optionalTexts(11) ?? []
    capacity = try row.optionalInt(12)
    isErased = try row.bool(13)
  }

  var state: UserState {
    if isErased { return .erased }
    if isDisabled { return .disabled }
    return passwordPHC == nil ? .invited : .active
  }

  /// The user with its personal fields opened; `internal` when the keyset lacks their key.
  func opened(with keyset: AEAD) throws(UserStoreError) -> User {
    guard let level = AccessLevel(rawValue: level) else {
      throw UserStoreError(.internal, "user \(id) has an unknown level in the database")
    }
    guard let skills = SkillSet(skills, most: SkillSet.mostHeld) else {
      throw UserStoreError(.internal, "user \(id) has skills in the database that are none")
    }
    return User(
      id: id, username: username, level: level, queues: queues.map { Set($0.compactMap { QueueName($0) }) },
      skills: skills, capacity: capacity.map(Int.init), isDisabled: isDisabled, state: state,
      email: try UserField.email.open(email, of: id, with: keyset),
      displayName: try UserField.displayName.open(displayName, of: id, with: keyset), createdAt: createdAt,
      updatedAt: updatedAt, version: version)
  }
}

/// The sealed columns of `users`.
enum UserField {
  case email
  case displayName

  func seal(_ text: String?, of id: String, with keyset: AEAD) throws(UserStoreError) -> [UInt8]? {
    guard let text else { return nil }
    do {
      return try keyset.seal(Array(text.utf8), associatedData: place(id))
    } catch {
      throw UserStoreError(.internal, "a field of user \(id) cannot be sealed: \(error)")
    }
  }

  func open(_ sealed: [UInt8]?, of id: String, with keyset: AEAD) throws(UserStoreError) -> String? {
    guard let sealed else { return nil }
    do {
      return String(decoding: try keyset.open(sealed, associatedData: place(id)), as: UTF8.self)
    } catch {
      throw UserStoreError(.internal, "a field of user \(id) cannot be opened: \(error)")
    }
  }

  private func place(_ id: String) -> [UInt8] {
    switch self {
    case .email: SealedField(table: "users", column: "email", row: id).associatedData
    case .displayName: SealedField(table: "users", column: "display_name", row: id).associatedData
    }
  }
}
