import FieldEncryption
import Foundation
import Logging
import Reactor
import UserStore

/// A user store for one command, without the server around it.
enum StoreAccess {
  /// Runs `body` with a store that connects on first use, and closes it afterwards, whatever happens.
  static func withStore<Result: Sendable>(
    _ settings: Settings, _ logger: Logger, _ body: @Sendable (UserStoreActor) async throws -> Result
  ) async throws -> Result {
    try await withStore(settings, logger) { store, _ in try await body(store) }
  }

  /// The same with the keyset that the store seals by.
  static func withStore<Result: Sendable>(
    _ settings: Settings, _ logger: Logger, _ body: @Sendable (UserStoreActor, AEAD) async throws -> Result
  ) async throws -> Result {
    let keyset = try await Foundations.sealing(settings).aead
    let configuration = try Foundations.userStore(settings)
    let reactor = try Foundations.reactor("usher-store")
    let store = UserStoreActor(configuration: configuration, keyset: keyset, reactor: reactor, logger: logger)
    do {
      let result = try await body(store, keyset)
      await store.shutdown()
      await reactor.shutdown()
      return result
    } catch {
      await store.shutdown()
      await reactor.shutdown()
      throw error
    }
  }

  /// The settings that a command with a store needs.
  static func settings() throws(SettingsError) -> Settings {
    try Settings.load(environment: ProcessInfo.processInfo.environment, needing: [.databaseURL, .keysetFile])
  }
}
