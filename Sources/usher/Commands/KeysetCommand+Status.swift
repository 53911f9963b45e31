import ArgumentParser
import FieldEncryption
import Foundation
import UserStore

extension KeysetCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the keys by id and status, without their bytes.")
    @OptionGroup var keyset: File
    @Flag(help: "Ask the database how many values each key has sealed.") var counts = false

    func run() async throws {
      let keyset = try Keyset(contentsOfFile: try keyset.keysetFile().path)
      let use = counts ? try await KeysetCommand.use() : nil
      for key in keyset.keys {
        let count = use.map { " values=\($0.values(of: key.id))" } ?? ""
        print("\(key.id) \(key.status.rawValue)\(key.isPrimary ? " primary" : "")\(count)")
      }
      if let id = keyset.indexKeyID { print("\(id) index key, of blind indexes; never rotated") }
      guard let use else { return }
      for (column, counts) in use.byColumn.sorted(by: { $0.key < $1.key }) {
        for (id, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(column) key=\(id) values=\(count)") }
      }
      print("live services that an older key may have sealed, in Redis: \(use.liveServices)")
    }
  }

  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let a disabled key open again.")
    @OptionGroup var keyset: File
    @Argument(help: "The key's id.") var id: UInt32

    func run() throws {
      let id = id
      _ = try keyset.keysetFile().change { keyset throws(KeysetError) in try keyset.setting(id, to: .enabled) }
      print("key \(id) is enabled")
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Keep a key that opens nothing any more; enable brings it back.",
      discussion: "Refused while something stored needs the key; asks the database of USHER_DATABASE_URL.")
    @OptionGroup var keyset: File
    @Argument(help: "The key's id.") var id: UInt32
    @Flag(help: "Without asking the database: what the key has sealed cannot be read until it is enabled.")
    var force = false

    func run() async throws {
      try await KeysetCommand.retire(id, as: .disabled, in: try keyset.keysetFile(), force: force)
      print("key \(id) is disabled")
    }
  }

  struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forget a key for ever.",
      discussion: """
        Refused while something stored needs the key; asks the database of USHER_DATABASE_URL. Backups that are older than \
        the last rewrapping need the key, too.
        """)
    @OptionGroup var keyset: File
    @Argument(help: "The key's id.") var id: UInt32
    @Flag(help: "Without asking the database: what the key has sealed is lost for ever.") var force = false

    func run() async throws {
      try await KeysetCommand.retire(id, as: .destroyed, in: try keyset.keysetFile(), force: force)
      print("key \(id) is destroyed")
    }
  }

  /// Counts what the keys have sealed, in the database of the settings.
  fileprivate static func use() async throws -> KeyUse {
    let settings = try StoreAccess.settings()
    return try await StoreAccess.withStore(settings, Foundations.logger(settings)) { try await $0.keyUse() }
  }

  private static func retire(
    _ id: UInt32, as status: Keyset.KeyStatus, in file: KeysetFile, force: Bool
  ) async throws {
    // What is refused in any case is refused before the database is asked.
    _ = try Keyset(contentsOfFile: file.path).setting(id, to: status)
    if !force {
      let use = try await use()
      guard use.values(of: id) == 0 else {
        throw ValidationError(
          "\(use.values(of: id)) stored values are sealed by key \(id): wait for the servers' rewrapping, or run "
            + "usher keyset rewrap")
      }
      guard use.liveServices == 0 else {
        throw ValidationError(
          "\(use.liveServices) live services (in Redis) were submitted before the present primary and may need key "
            + "\(id): wait until they have ended")
      }
    }
    _ = try file.change { keyset throws(KeysetError) in try keyset.setting(id, to: status) }
  }
}
