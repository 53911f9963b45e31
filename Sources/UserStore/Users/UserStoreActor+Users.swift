public import ServiceQueue

extension UserStoreActor {
  private static let insert = SQLStatement(
    "user.insert",
    """
    INSERT INTO users (id, username, password_phc, level, queues, email, display_name, skills, capacity, email_index)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING \(UserRow.columns)
    """)
  private static let selectByID = SQLStatement("user.by_id", "SELECT \(UserRow.columns) FROM users WHERE id = $1")
  private static let selectByName = SQLStatement(
    "user.by_name", #"SELECT \#(UserRow.columns) FROM users WHERE lower(username COLLATE "C") = lower($1 COLLATE "C")"#)
  private static let selectChanged = SQLStatement(
    "user.changed",
    """
    SELECT \(UserRow.columns) FROM users
    WHERE updated_at >= $1 AND (date_trunc('milliseconds', updated_at), id COLLATE "C") > ($1, $2 COLLATE "C")
    ORDER BY date_trunc('milliseconds', updated_at), id COLLATE "C" LIMIT 1000
    """)
  /// Revokes a user's sessions if it has this password: the update before gave it, not refused for its version.
  private static let revokeOfPassword = SQLStatement(
    "user.revoke_of_password",
    """
    UPDATE refresh_families SET revoked_at = now()
    WHERE user_id = $1 AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND password_phc = $2)
    """)
  private static let update = SQLStatement(
    "user.update",
    """
    UPDATE users SET level = COALESCE($3, level), disabled = COALESCE($4, disabled),
      queues = CASE WHEN $5 THEN $6 ELSE queues END, email = CASE WHEN $7 THEN $8 ELSE email END,
      display_name = CASE WHEN $9 THEN $10 ELSE display_name END, password_phc = COALESCE($11, password_phc),
      skills = COALESCE($12, skills), capacity = CASE WHEN $13 THEN $14 ELSE capacity END,
      email_index = CASE WHEN $7 THEN $15 ELSE email_index END, updated_at = now(), version = version + 1
    WHERE id = $1 AND erased_at IS NULL AND ($2 IS NULL OR version = $2) AND NOT ($16 AND \(LastAdministrator.condition))
    RETURNING \(UserRow.columns)
    """)

  /// Makes a user and returns it; `audit`, which gets the user's id, is written in the same transaction. Throws
  /// `invalidArgument` (see `NewUser`), `weakPassword`, `usernameTaken`, `overloaded` when too many passwords are being
  /// computed.
  public func createUser(_ new: NewUser, audit: AuditEntry? = nil) async throws(UserStoreError) -> User {
    guard new.password != nil else { throw UserStoreError(.weakPassword, "a password is missing") }
    return try await create(new, id: try UserRules.newID(), audit: audit).user
  }

  /// Makes a user with or without a password; carries out `more` behind it in the same transaction.
  func create(
    _ new: NewUser, id: String, audit: AuditEntry?, and more: [SQLCall] = []
  ) async throws(UserStoreError) -> (user: User, results: [SQLResult]) {
    try UserRules.check(username: new.username)
    try UserRules.check(field: new.email, "email")
    try UserRules.check(field: new.displayName, "display name")
    try UserRules.check(queues: new.queues)
    try UserRules.check(skills: new.skills)
    try UserRules.check(capacity: new.capacity)
    var phc: String?
    if let password = new.password {
      try checkPassword(password, username: new.username, email: new.email, displayName: new.displayName)
      phc = try await passwordHash(password)
    }
    let call = Self.insert(
      .text(id), .text(new.username), .text(phc), .text(new.level.rawValue), .texts(Self.names(new.queues)),
      .bytes(try UserField.email.seal(new.email, of: id, with: keyset)),
      .bytes(try UserField.displayName.seal(new.displayName, of: id, with: keyset)),
      .texts(new.skills.words), .int(new.capacity.map(Int64.init)), .bytes(try index(new.email)))
    do {
      let entry = audit.map { AuditSQL.insert($0.about(id)) }
      let results = try await write([call] + more + (entry.map { [$0] } ?? []))
      return (try Self.row(results[0]).opened(with: keyset), results)
    } catch let failure as SQLFailure {
      if failure.isRefusal(SQLState.uniqueViolation) {
        throw UserStoreError(.usernameTaken, "another user has this name: choose another")
      }
      throw UserStoreError(failure)
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw UserStoreError(.internal, "unexpected error")
    }
  }

  /// The user with this id; throws `notFound`.
  public func user(id: String) async throws(UserStoreError) -> User {
    guard UserRules.isID(id) else { throw Self.notFound }
    return try await one(Self.selectByID(.text(id))).opened(with: keyset)
  }

  /// The user with this name, whatever its case; throws `notFound`.
  public func user(username: String) async throws(UserStoreError) -> User {
    guard let row = try await userRow(username: username) else { throw Self.notFound }
    return try row.opened(with: keyset)
  }

  /// The users changed at or after `moment` by PostgreSQL's clock, oldest change first and by id within a millisecond, at
  /// most 1,000. When 1,000 came, the next page begins at the last one's `updatedAt`, `after` its id. A change may become
  /// visible some time after its moment: whoever polls lets the ranges overlap by some seconds.
  public func users(
    changedSince moment: Timestamp, after id: String? = nil
  ) async throws(UserStoreError) -> [User] {
    try await many(Self.selectChanged(.timestamp(moment), .text(id ?? "")))
  }

  /// Changes a user and returns it as it is then: all that is asked for, or nothing. Disabling and a new password revoke
  /// its sessions in the same transaction, and `audit` is written in it, if anything was changed. With `expectedVersion` only
  /// if it has that version. Throws `notFound`, also for an erased user, `versionMismatch`, `invalidArgument`,
  /// `weakPassword`, `lastAdministrator`, `overloaded` when too many passwords are being computed.
  public func updateUser(
    id: String, expectedVersion: Int64?, _ changes: UserChanges, audit: AuditEntry? = nil
  ) async throws(UserStoreError) -> User {
    guard UserRules.isID(id) else { throw Self.notFound }
    let (setsQueues, queues) = Self.parts(changes.queues)
    let (setsEmail, email) = Self.parts(changes.email)
    let (setsName, displayName) = Self.parts(changes.displayName)
    let (setsCapacity, capacity) = Self.parts(changes.capacity)
    try UserRules.check(queues: queues)
    try UserRules.check(skills: changes.skills)
    try UserRules.check(capacity: capacity)
    try UserRules.check(field: email, "email")
    try UserRules.check(field: displayName, "display name")
    var phc: String?
    if let password = changes.password {
      let user = try await user(id: id)
      try checkPassword(
        password, username: user.username, email: email ?? user.email, displayName: displayName ?? user.displayName)
      phc = try await passwordHash(password)
    }
    let endsAdministrator =
      changes.isDisabled == true || changes.level.map { $0 != .admin } == true || queues != nil
    var calls = [
      Self.update(
        .text(id), .int(expectedVersion), .text(changes.level?.rawValue), .bool(changes.isDisabled),
        .bool(setsQueues), .texts(Self.names(queues)),
        .bool(setsEmail), .bytes(try UserField.email.seal(email, of: id, with: keyset)),
        .bool(setsName), .bytes(try UserField.displayName.seal(displayName, of: id, with: keyset)),
        .text(phc), .texts(changes.skills?.words), .bool(setsCapacity), .int(capacity.map(Int64.init)),
        .bytes(try index(email)), .bool(endsAdministrator)),
      LastAdministrator.examine(.text(id)),
    ]
    if changes.isDisabled == true { calls.append(Self.revokeOfDisabled(.text(id))) }
    if let phc { calls += [Self.revokeOfPassword(.text(id), .text(phc)), Self.voidInvitation(id, password: phc)] }
    if let audit { calls.append(AuditSQL.insert(audit.about(id), ifChanged: id)) }
    let results = try await changing(endsAdministrator, calls)
    guard let row = results[0].first else {
      throw LastAdministrator.refusal(try Self.examined(results[1]), expectedVersion: expectedVersion)
    }
    return try Self.userRow(row).opened(with: keyset)
  }

  /// Carries out a group; where it may take the last administrator away, one such group after the other on all nodes. The
  /// results are those of `calls`.
  func changing(_ endsAdministrator: Bool, _ calls: [SQLCall]) async throws(UserStoreError) -> [SQLResult] {
    let group = endsAdministrator ? [LastAdministrator.takeLock] + calls : calls
    let results = try await translating { () async throws(SQLFailure) in try await self.write(group) }
    return Array(results.dropFirst(endsAdministrator ? 1 : 0))
  }

  static let notFound = UserStoreError(.notFound, "there is no such user")

  /// The row of the user with this name; nil when there is none, or none can have that name.
  func userRow(username: String) async throws(UserStoreError) -> UserRow? {
    guard UserRules.isUsername(username) else { return nil }
    let results = try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectByName(.text(username)))
    }
    return try results[0].first.map(Self.userRow)
  }

  /// The one row that `call` gives; throws `notFound`.
  func one(_ call: SQLCall) async throws(UserStoreError) -> UserRow {
    let results = try await translating { () async throws(SQLFailure) in try await self.read(call) }
    guard let row = results[0].first else { throw Self.notFound }
    return try Self.userRow(row)
  }

  static func selectUser(id: String) -> SQLCall { selectByID(.text(id)) }
  static func selectUser(name: String) -> SQLCall { selectByName(.text(name)) }

  private func index(_ email: String?) throws(UserStoreError) -> [UInt8]? {
    guard let email else { return nil }
    return try blindIndex(email)
  }

  static func userRow(_ row: SQLRow) throws(UserStoreError) -> UserRow {
    do { return try UserRow(row) } catch { throw UserStoreError(error) }
  }

  private static func row(_ result: SQLResult) throws(UserStoreError) -> UserRow {
    guard let row = result.first else { throw UserStoreError(.internal, "the insert returned nothing") }
    return try userRow(row)
  }

  func many(_ call: SQLCall) async throws(UserStoreError) -> [User] {
    let results = try await translating { () async throws(SQLFailure) in try await self.read(call) }
    var users: [User] = []
    for row in results[0].rows { users.append(try Self.userRow(row).opened(with: keyset)) }
    return users
  }

  private static func names(_ queues: Set<QueueName>?) -> [String?]? { queues?.map(\.rawValue).sorted() }

  private static func parts<Value>(_ change: UserChanges.Change<Value>) -> (sets: Bool, value: Value?) {
    switch change {
    case .keep: (false, nil)
    case .set(let value): (true, value)
    case .clear: (true, nil)
    }
  }
}
