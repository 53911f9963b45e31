public import ArgumentParser
import Foundation
public import ServiceQueue
public import UserStore

/// `usher user`: users from the command line, for the first administrator and for scripts.
struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Create, invite, list, change and erase users.",
    subcommands: [
      Create.self, Invite.self, List.self, Change.self, Disable.self, Enable.self, Password.self, Sessions.self,
      Erase.self,
    ])

  /// Which user is meant.
  struct Named: ParsableArguments {
    @Option(help: "The user's name.") var username: String
  }

  /// Who a new user is.
  struct Person: ParsableArguments {
    @Option(help: "1 to 64 characters.") var username: String
    @Option(help: "viewer, agent, supervisor, admin or producer.") var level: AccessLevel
    @Option(name: .customLong("queue"), help: "Limit the user to this queue; may be given several times.")
    var queues: [String] = []
    @Option(help: "Stored encrypted.") var email: String?
    @Option(help: "The name for people; stored encrypted.") var displayName: String?
    @OptionGroup var work: Work

    func newUser(password: String?) throws -> NewUser {
      let limited = try UserCommand.queues(queues)
      let capacity: Int? = if case .set(let number) = try work.capacityChange() { number } else { nil }
      return NewUser(
        username: username, password: password, level: level, queues: limited.isEmpty ? nil : limited,
        skills: try work.skillSet() ?? .none, capacity: capacity, email: email, displayName: displayName)
    }
  }

  /// A password never stands on the command line, where other users of the machine could read it.
  struct PasswordSource: ParsableArguments {
    @Option(name: .customLong("password-file"), help: "The file with the password, or - for standard input.")
    var file: String

    func read() throws -> String {
      guard let handle = file == "-" ? .standardInput : FileHandle(forReadingAtPath: file) else {
        throw ValidationError("cannot read \(file)")
      }
      let data = try handle.read(upToCount: 4_096) ?? Data()
      let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
      guard !text.isEmpty else { throw ValidationError("the password is empty") }
      return text
    }
  }

  /// What an employee can do, and how much at one time.
  struct Work: ParsableArguments {
    @Option(help: "What the user can do: words such as german,towing, apart by commas; empty for none.")
    var skills: String?
    @Option(help: "How many services the user may have at one time: 1 to 10000, or none for the site's own number.")
    var capacity: String?

    /// Nil when they were not given.
    func skillSet() throws -> SkillSet? {
      guard let skills else { return nil }
      let words = skills.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let set = SkillSet(words, most: SkillSet.mostHeld) else {
        throw ValidationError(
          "--skills takes at most \(SkillSet.mostHeld) words, each 1 to 32 of a-z, 0-9, ., - and _, apart by commas")
      }
      return set
    }

    func capacityChange() throws -> UserChanges.Change<Int> {
      guard let capacity else { return .keep }
      if capacity == "none" { return .clear }
      guard let number = Int(capacity), QueuePolicy.capacityRange.contains(number) else {
        throw ValidationError("--capacity takes 1 to 10000, or none")
      }
      return .set(number)
    }
  }

  static func queues(_ names: [String]) throws -> Set<QueueName> {
    Set(
      try names.map { name in
        guard let queue = QueueName(name) else { throw ValidationError("'\(name)' is not a queue name") }
        return queue
      })
  }

  /// What the audit is to say of a command: it has no user.
  static func audit(_ action: String) -> AuditEntry {
    AuditEntry(action: action, actor: nil, detail: Array(#"{"by":"command line"}"#.utf8))
  }

  /// Carries out `body` with a store, and prints the line that it gives.
  static func act(_ body: @Sendable (UserStoreActor) async throws -> String) async throws {
    let settings = try StoreAccess.settings()
    print(try await StoreAccess.withStore(settings, Foundations.logger(settings), body))
  }

  static func find(_ username: String, in store: UserStoreActor) async throws -> User? {
    do {
      return try await store.user(username: username)
    } catch  where error.code == .notFound {
      return nil
    }
  }
}

extension AccessLevel: ExpressibleByArgument {}

extension UserState: ExpressibleByArgument {}
