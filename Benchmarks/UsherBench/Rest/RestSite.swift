import FieldEncryption
import Foundation
import Logging
import Reactor
import ServiceQueue
import UserStore

/// The users that are asked for, in a database that was migrated for it, and the keyset that seals them.
struct RestSite: Sendable {
  /// The audience of the tokens; the baseline knows it, too.
  static let name = "bench"

  let url: String
  let keyset: URL
  /// The ids of the users, the administrator's among them, who asks.
  let users: [String]

  /// Makes `count` users in an empty database.
  static func make(_ count: Int, in postgres: PrivatePostgres, folder: URL) async throws -> RestSite {
    let keyset = try Keyset.generate()
    let file = folder.appending(path: "keyset.json")
    try keyset.write(toFile: file.path())
    let reactor = try Reactor(name: "bench-users")
    // The passwords are as good as any; what they cost is not measured.
    guard let cheap = ScryptParameters(logN: 4, r: 8, p: 1) else { throw BenchError("scrypt refuses its parameters") }
    let store = UserStoreActor(
      configuration: UserStoreConfiguration(url: try DatabaseURL(postgres.url)), keyset: try AEAD(keyset),
      hasher: PasswordHasher(parameters: cheap), reactor: reactor,
      logger: Logger(label: "usher.bench") { _ in SwiftLogNoOpLogHandler() })
    let result: Result<[String], any Error>
    do {
      _ = try await store.migrate()
      var ids: [String] = []
      for number in 0..<count {
        let user = NewUser(
          username: "bench-\(number)", password: "bench-password", level: number == 0 ? .admin : .agent,
          capacity: 3, email: "bench-\(number)@example.org", displayName: "Employee Number \(number)")
        ids.append(try await store.createUser(user).id)
      }
      result = .success(ids)
    } catch {
      result = .failure(error)
    }
    await store.shutdown()
    await reactor.shutdown()
    return RestSite(url: postgres.url, keyset: file, users: try result.get())
  }
}
