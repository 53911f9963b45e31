public import ArgumentParser
import Foundation
public import ServiceQueue
import UserStore

/// `usher user`: users from the command line, for the first administrator and for scripts.
struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Create, list and change users.",
    subcommands: [Create.self, List.self, Change.self, Disable.self, Password.self])

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

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create a user.")
    @Option(help: "1 to 64 characters.") var username: String
    @Option(help: "viewer, agent, supervisor, admin or producer.") var level: AccessLevel
    @Option(name: .customLong("queue"), help: "Limit the user to this queue; may be given several times.")
    var queues: [String] = []
    @OptionGroup var work: Work
    @Option(help: "Stored encrypted.") var email: String?
    @Flag(help: "Succeed, changing nothing, when the user exists.") var ifAbsent = false
    @OptionGroup var password: PasswordSource

    func run() async throws {
      let limited = try queues.map { name in
        guard let queue = QueueName(name) else { throw ValidationError("'\(name)' is not a queue name") }
        return queue
      }
      let capacity: Int? = if case .set(let number) = try work.capacityChange() { number } else { nil }
      let new = NewUser(
        username: username, password: try password.read(), level: level, queues: limited.isEmpty ? nil : Set(limited),
        skills: try work.skillSet() ?? .none, capacity: capacity, email: email)
      let settings = try StoreAccess.settings()
      let (username, ifAbsent) = (username, ifAbsent)
      let line = try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        if ifAbsent, let present = try await UserCommand.find(username, in: store) {
          return "user \(present.username) exists (\(present.id))"
        }
        let user = try await store.createUser(new)
        return "created \(user.level.rawValue) \(user.username) (\(user.id))"
      }
      print(line)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List users.")

    func run() async throws {
      let settings = try StoreAccess.settings()
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        var cursor: String?
        repeat {
          let page = try await store.users(after: cursor, limit: 500)
          for user in page.users {
            let queues = user.queues.map { $0.map(\.rawValue).sorted().joined(separator: ",") } ?? "all queues"
            let skills = user.skills.isEmpty ? "" : " skills=\(user.skills)"
            let capacity = user.capacity.map { " capacity=\($0)" } ?? ""
            let disabled = user.isDisabled ? " disabled" : ""
            print("\(user.id) \(user.username) \(user.level.rawValue) \(queues)\(skills)\(capacity)\(disabled)")
          }
          cursor = page.next
        } while cursor != nil
      }
    }
  }

  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change what a user can do, and how much; what is not given stays.")
    @Option(help: "The user's name.") var username: String
    @OptionGroup var work: Work

    func validate() throws {
      guard work.skills != nil || work.capacity != nil else {
        throw ValidationError("nothing to change: give --skills or --capacity")
      }
    }

    func run() async throws {
      let settings = try StoreAccess.settings()
      let username = username
      var changes = UserChanges()
      changes.skills = try work.skillSet()
      changes.capacity = try work.capacityChange()
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { [changes] store in
        let user = try await store.user(username: username)
        _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      }
      print("changed \(username)")
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Disable a user and end its sessions.")
    @Option(help: "The user's name.") var username: String

    func run() async throws {
      let settings = try StoreAccess.settings()
      let username = username
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        var changes = UserChanges()
        changes.isDisabled = true
        let user = try await store.user(username: username)
        _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      }
      print("disabled \(username)")
    }
  }

  struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a user another password and end its sessions.")
    @Option(help: "The user's name.") var username: String
    @OptionGroup var password: PasswordSource

    func run() async throws {
      let settings = try StoreAccess.settings()
      let username = username
      let text = try password.read()
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        try await store.setPassword(userID: try await store.user(username: username).id, text)
      }
      print("changed the password of \(username)")
    }
  }

  private static func find(_ username: String, in store: UserStoreActor) async throws -> User? {
    do {
      return try await store.user(username: username)
    } catch  where error.code == .notFound {
      return nil
    }
  }
}

extension AccessLevel: ExpressibleByArgument {}
