import FieldEncryption
import Gateway
import ServiceQueue
import Synchronization
import UserStore

/// Viewers `bench-0`, `bench-1` and so on in memory, any password, and how often they are asked for: each call would be a query to
/// PostgreSQL.
final class CountedAccounts: AccountStore {
  private let users: Int
  private let key: SigningKey
  private let asked = Atomic(0)

  init(users: Int) throws {
    self.users = users
    let privateKey = try SecureRandom.bytes(Ed25519.privateKeyLength)
    key = SigningKey(
      kid: "bench", publicKey: try Ed25519.publicKey(of: privateKey), privateKey: privateKey,
      createdAt: Timestamp(milliseconds: 0))
  }

  /// Calls so far.
  var calls: Int { asked.load(ordering: .relaxed) }

  private func count() { asked.add(1, ordering: .relaxed) }

  func authenticate(
    username: String, password: String, from origin: LoginOrigin
  ) async throws(UserStoreError) -> User {
    count()
    guard let number = Int(username.dropFirst(6)), username.hasPrefix("bench-"), (0..<users).contains(number) else {
      throw UserStoreError(.invalidCredentials, "there are only viewers with numbers")
    }
    let digits = String(number)
    let id = "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    return User(
      id: id, username: username, level: .viewer, queues: nil, skills: .none, capacity: nil, isDisabled: false,
      email: nil, displayName: nil, createdAt: Timestamp(milliseconds: 0), updatedAt: Timestamp(milliseconds: 0),
      version: 1)
  }

  func issueRefreshToken(userID: String, from origin: LoginOrigin) async throws(UserStoreError) -> RefreshToken {
    count()
    return RefreshToken(token: "none", expiresAt: Timestamp(milliseconds: 0), sessionID: userID)
  }

  func signingKeys() async throws(UserStoreError) -> [SigningKey] {
    count()
    return [key]
  }

  func users(changedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [User] {
    count()
    return []
  }

  func sessions(endedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [EndedSession] {
    count()
    return []
  }

  func logout(_ token: String) async throws(UserStoreError) -> String? {
    count()
    return nil
  }

  func refresh(_ token: String, idempotencyKey: IdempotencyKey?) async throws(UserStoreError) -> RefreshedSession {
    throw refused()
  }

  private func refused() -> UserStoreError {
    count()
    return UserStoreError(.unavailable, "the benchmark does not do this")
  }
}
