import ArgumentParser
import UserStore

/// `usher migrate`: brings the database's schema to this version. Safe to run again, and on several nodes at once.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring the database's schema up to date.")

  func run() async throws {
    let settings = try StoreAccess.settings()
    let logger = Foundations.logger(settings)
    let applied = try await StoreAccess.withStore(settings, logger) { store in
      let applied = try await store.migrate()
      if let last = applied.last {
        try await store.record(AuditEntry(action: "schema.migrate", actor: nil, object: last))
      }
      return applied
    }
    for name in applied { print("applied \(name)") }
    if applied.isEmpty { print("the schema is up to date") }
  }
}
