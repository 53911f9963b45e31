import ArgumentParser
import ServiceQueue
import UserStore

/// Changes of users.
extension UserCommand {
  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a user; what is not given stays.")
    @OptionGroup var user: Named
    @Option(help: "viewer, agent, supervisor, admin or producer.") var level: AccessLevel?
    @Option(name: .customLong("queue"), help: "Limit the user to this queue; may be given several times.")
    var queues: [String] = []
    @Flag(help: "Limit the user to no queues any more.") var allQueues = false
    @Option(help: "Stored encrypted; none takes it away.") var email: String?
    @Option(help: "The name for people, stored encrypted; none takes it away.") var displayName: String?
    @OptionGroup var work: Work

    func validate() throws {
      guard queues.isEmpty || !allQueues else { throw ValidationError("give --queue or --all-queues, not both") }
      guard
        level != nil || !queues.isEmpty || allQueues || email != nil || displayName != nil || work.skills != nil
          || work.capacity != nil
      else {
        throw ValidationError(
          "nothing to change: give --level, --queue, --all-queues, --email, --display-name, --skills or --capacity")
      }
    }

    func run() async throws {
      var changes = UserChanges()
      changes.level = level
      if !queues.isEmpty { changes.queues = .set(try UserCommand.queues(queues)) }
      if allQueues { changes.queues = .clear }
      if let email { changes.email = email == "none" ? .clear : .set(email) }
      if let displayName { changes.displayName = displayName == "none" ? .clear : .set(displayName) }
      changes.skills = try work.skillSet()
      changes.capacity = try work.capacityChange()
      try await UserCommand.apply(changes, to: user.username, "user.change", said: "changed")
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Disable a user and end its sessions.")
    @OptionGroup var user: Named

    func run() async throws {
      var changes = UserChanges()
      changes.isDisabled = true
      try await UserCommand.apply(changes, to: user.username, "user.disable", said: "disabled")
    }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let a disabled user log in again.")
    @OptionGroup var user: Named

    func run() async throws {
      var changes = UserChanges()
      changes.isDisabled = false
      try await UserCommand.apply(changes, to: user.username, "user.enable", said: "enabled")
    }
  }

  struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a user another password and end its sessions.")
    @OptionGroup var user: Named
    @OptionGroup var password: PasswordSource

    func run() async throws {
      var changes = UserChanges()
      changes.password = try password.read()
      try await UserCommand.apply(changes, to: user.username, "user.password", said: "changed the password of")
    }
  }

  private static func apply(
    _ changes: UserChanges, to username: String, _ action: String, said words: String
  ) async throws {
    try await act { store in
      let user = try await store.user(username: username)
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes, audit: audit(action))
      return "\(words) \(user.username)"
    }
  }
}
