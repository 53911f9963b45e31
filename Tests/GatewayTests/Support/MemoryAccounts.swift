import JWTKit
import ServiceQueue
import Synchronization

@testable import Gateway
@testable import UserStore

/// Users in memory, for the Gateway's own protocol.
final class MemoryAccounts: AccountStore, UserDirectory, AuditStore {
  private struct State {
    var users: [String: User] = [:]
    var passwords: [String: String] = [:]
    /// The sessions of the tokens that are good.
    var refreshTokens: [String: String] = [:]
    /// The users of the sessions.
    var sessions: [String: String] = [:]
    var ended: [EndedSession] = []
    var used: Set<String> = []
    var counter = 0
    var keys: [SigningKey] = []
    var audit: [AuditEntry] = []
  }

  private let state = Mutex(State())

  /// Users `admin`, `supervisor`, `agent`, `second` (an agent), `limited` (an agent of `roadside` alone), `viewer` and
  /// `producer`; each password is the name and `-password`.
  init() throws {
    let key = try EdDSA.PrivateKey()
    let signing = SigningKey(
      kid: "test-key-0000001", publicKey: Array(key.publicKey.rawRepresentation),
      privateKey: Array(key.rawRepresentation), createdAt: Timestamp(milliseconds: 0))
    state.withLock { $0.keys = [signing] }
    for (name, level, queues) in [
      ("admin", AccessLevel.admin, nil), ("supervisor", .supervisor, nil), ("agent", .agent, nil),
      ("second", .agent, nil), ("limited", .agent, Set([QueueName("roadside")!])), ("viewer", .viewer, nil),
      ("producer", .producer, nil),
    ] {
      _ = try add(name, "\(name)-password", level, queues)
    }
  }

  private func add(
    _ name: String, _ password: String, _ level: AccessLevel, _ queues: Set<QueueName>?,
    skills: SkillSet = .none, capacity: Int? = nil, email: String? = nil, displayName: String? = nil
  ) throws(UserStoreError) -> User {
    let user = state.withLock { state -> User? in
      guard !state.users.values.contains(where: { $0.username == name }) else { return nil }
      state.counter += 1
      let digits = String(state.counter)
      let id = "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
      let user = User(
        id: id, username: name, level: level, queues: queues, skills: skills, capacity: capacity, isDisabled: false,
        email: email, displayName: displayName, createdAt: Timestamp(milliseconds: 0),
        updatedAt: Timestamp(milliseconds: 0), version: 1)
      state.users[id] = user
      state.passwords[id] = password
      return user
    }
    guard let user else { throw UserStoreError(.usernameTaken, "the user name is taken") }
    return user
  }

  func named(_ name: String) -> User? { state.withLock { $0.users.values.first { $0.username == name } } }

  func authenticate(
    username: String, password: String, from origin: LoginOrigin = .unknown
  ) async throws(UserStoreError) -> User {
    let user = named(username)
    guard let user, state.withLock({ $0.passwords[user.id] }) == password else {
      throw UserStoreError(.invalidCredentials, "user name or password is wrong")
    }
    guard !user.isDisabled else { throw UserStoreError(.disabled, "the user is disabled") }
    return user
  }

  func issueRefreshToken(userID: String, from origin: LoginOrigin) async throws(UserStoreError) -> RefreshToken {
    state.withLock { state in
      state.counter += 1
      let session = "session-\(state.counter)"
      state.sessions[session] = userID
      return Self.token(of: session, &state)
    }
  }

  private static func token(of session: String, _ state: inout State) -> RefreshToken {
    state.counter += 1
    let token = "refresh-\(state.counter)"
    state.refreshTokens[token] = session
    return RefreshToken(
      token: token, expiresAt: Timestamp(milliseconds: 9_000_000_000_000), sessionID: session)
  }

  private static func end(_ session: String, _ state: inout State) {
    state.refreshTokens = state.refreshTokens.filter { $0.value != session }
    state.ended.append(
      EndedSession(id: session, endedAt: Timestamp(milliseconds: GatewayClock.system.milliseconds())))
  }

  func sessions(endedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [EndedSession] {
    let ended = state.withLock { state in
      state.ended.filter { ($0.endedAt.milliseconds, $0.id) > (moment.milliseconds, id ?? "") }
    }
    return Array(
      ended.sorted { ($0.endedAt.milliseconds, $0.id) < ($1.endedAt.milliseconds, $1.id) }.prefix(1_000))
  }

  func refresh(
    _ token: String, idempotencyKey: IdempotencyKey?
  ) async throws(UserStoreError) -> RefreshedSession {
    let found = state.withLock { state -> (User, RefreshToken)? in
      guard let session = state.refreshTokens.removeValue(forKey: token), let id = state.sessions[session],
        let user = state.users[id]
      else { return nil }
      return (user, Self.token(of: session, &state))
    }
    guard let (user, next) = found else { throw UserStoreError(.tokenInvalid, "the refresh token is not valid") }
    guard !user.isDisabled else { throw UserStoreError(.disabled, "the user is disabled") }
    return RefreshedSession(user: user, refreshToken: next)
  }

  func logout(_ token: String) async throws(UserStoreError) -> String? {
    state.withLock { state in
      guard let session = state.refreshTokens[token] else { return nil }
      Self.end(session, &state)
      return session
    }
  }

  func signingKeys() async throws(UserStoreError) -> [SigningKey] { state.withLock { $0.keys } }

  func createUser(_ new: NewUser, audit: AuditEntry?) async throws(UserStoreError) -> User {
    try add(
      new.username, new.password ?? "", new.level, new.queues, skills: new.skills, capacity: new.capacity,
      email: new.email,
      displayName: new.displayName)
  }

  func user(id: String) async throws(UserStoreError) -> User {
    guard let user = state.withLock({ $0.users[id] }) else { throw UserStoreError(.notFound, "there is no such user") }
    return user
  }

  /// The filter is PostgreSQL's business.
  func users(
    matching filter: UserFilter, after cursor: String?, limit: Int
  ) async throws(UserStoreError) -> UserPage {
    let sorted = state.withLock { $0.users.values.sorted { $0.username < $1.username } }
    let rest = sorted.filter { user in cursor.map { user.username > $0 } ?? true }
    let page = Array(rest.prefix(limit))
    return UserPage(users: page, next: rest.count > page.count ? page.last?.username : nil)
  }

  func users(changedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [User] {
    let changed = state.withLock { state in
      state.users.values.filter { ($0.updatedAt.milliseconds, $0.id) > (moment.milliseconds, id ?? "") }
    }
    return Array(
      changed.sorted { ($0.updatedAt.milliseconds, $0.id) < ($1.updatedAt.milliseconds, $1.id) }.prefix(1_000))
  }

  /// Disables `count` users more at one moment, as one statement of another program would.
  func addDisabled(_ count: Int) {
    let now = Timestamp(milliseconds: GatewayClock.system.milliseconds())
    state.withLock { state in
      for number in 0..<count {
        let id = "many-\(1_000_000 + number)"
        state.users[id] = User(
          id: id, username: id, level: .agent, queues: nil, skills: .none, capacity: nil, isDisabled: true, email: nil,
          displayName: nil, createdAt: now, updatedAt: now, version: 2)
      }
    }
  }

  func updateUser(
    id: String, expectedVersion: Int64?, _ changes: UserChanges, audit: AuditEntry?
  ) async throws(UserStoreError) -> User {
    let user = try await user(id: id)
    if let expectedVersion, expectedVersion != user.version {
      throw UserStoreError(.versionMismatch, "the user is at version \(user.version)")
    }
    if let password = changes.password {
      guard password.utf8.count >= 8 else { throw UserStoreError(.invalidArgument, "a password has 8 to 1024 bytes") }
      state.withLock { state in
        state.passwords[id] = password
        for (session, user) in state.sessions where user == id { Self.end(session, &state) }
      }
    }
    let queues: Set<QueueName>? =
      switch changes.queues {
      case .keep: user.queues
      case .set(let queues): queues
      case .clear: nil
      }
    let capacity: Int? =
      switch changes.capacity {
      case .keep: user.capacity
      case .set(let capacity): capacity
      case .clear: nil
      }
    let changed = User(
      id: id, username: user.username, level: changes.level ?? user.level, queues: queues,
      skills: changes.skills ?? user.skills, capacity: capacity, isDisabled: changes.isDisabled ?? user.isDisabled,
      email: user.email, displayName: user.displayName,
      createdAt: user.createdAt, updatedAt: Timestamp(milliseconds: GatewayClock.system.milliseconds()),
      version: user.version + 1)
    state.withLock { $0.users[id] = changed }
    return changed
  }

  /// This object where it is asked for users, an empty history, and nothing behind the rest.
  var stores: GatewayStores {
    var stores = GatewayStores(accounts: self)
    stores.directory = self
    stores.audit = self
    stores.history = MemoryHistory()
    return stores
  }

  func record(_ entry: AuditEntry) async throws(UserStoreError) { state.withLock { $0.audit.append(entry) } }

  /// What was recorded so far.
  var audit: [AuditEntry] { state.withLock { $0.audit } }
}

/// Seals by turning bits: enough to see that nothing goes out unopened or is opened for the wrong service.
struct MemoryVault: PersonalDataVault {
  struct WrongService: Error {}

  func seal(_ data: PersonalData, for id: ServiceID) throws -> SealedPersonalData {
    let parts = [data.customer ?? [], data.details ?? []]
    return SealedPersonalData(
      wrappedKey: Array(id.rawValue.utf8), ciphertext: Array(parts.joined(separator: [0])).map { $0 ^ 0x55 })
  }

  func open(_ sealed: SealedPersonalData, for id: ServiceID) throws -> PersonalData {
    guard sealed.wrappedKey == Array(id.rawValue.utf8) else { throw WrongService() }
    let parts = sealed.ciphertext.map { $0 ^ 0x55 }.split(separator: 0, omittingEmptySubsequences: false).map(
      Array.init)
    return PersonalData(customer: parts[0].isEmpty ? nil : parts[0], details: parts[1].isEmpty ? nil : parts[1])
  }

  func fingerprint(of bytes: [UInt8]) throws -> String { String(SHA1.hexadecimal(bytes).prefix(32)) }
}
