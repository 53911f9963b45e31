import ArgumentParser
import ServiceQueue
import UserStore

/// New users.
extension UserCommand {
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create a user.")
    @OptionGroup var person: Person
    @Flag(help: "Succeed, changing nothing, when the user exists.") var ifAbsent = false
    @OptionGroup var password: PasswordSource

    func run() async throws {
      let new = try person.newUser(password: try password.read())
      let (username, ifAbsent) = (person.username, ifAbsent)
      try await UserCommand.act { store in
        if ifAbsent, let present = try await UserCommand.find(username, in: store) {
          return "user \(present.username) exists (\(present.id))"
        }
        let user = try await store.createUser(new, audit: UserCommand.audit("user.create"))
        return "created \(user.level.rawValue) \(user.username) (\(user.id))"
      }
    }
  }

  struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a user who chooses the password, or invite one anew.",
      discussion: "Prints the token for POST /v1/auth/invitations/accept, once; an earlier one of the user is void.")
    @Option(help: "1 to 64 characters.") var username: String
    @Option(help: "Of a new user: viewer, agent, supervisor, admin or producer.") var level: AccessLevel?
    @Option(name: .customLong("queue"), help: "Limit a new user to this queue; may be given several times.")
    var queues: [String] = []
    @Option(help: "Of a new user; stored encrypted.") var email: String?
    @Option(help: "For how many hours the invitation is good, 1 to 720.") var hours = 168

    func validate() throws {
      guard (1...720).contains(hours) else { throw ValidationError("--hours takes 1 to 720") }
    }

    func run() async throws {
      let (username, level, email) = (username, level, email)
      let limited = try UserCommand.queues(queues)
      let lifetime = Duration.seconds(hours * 3_600)
      try await UserCommand.act { store in
        let audit = UserCommand.audit("user.invite")
        let invitation: Invitation
        if let present = try await UserCommand.find(username, in: store) {
          guard level == nil else { throw ValidationError("the user exists: invite it anew without --level") }
          invitation = try await store.invite(userID: present.id, lifetime: lifetime, audit: audit)
        } else {
          guard let level else { throw ValidationError("there is no such user: give --level for a new one") }
          let new = NewUser(
            username: username, password: nil, level: level, queues: limited.isEmpty ? nil : limited, email: email)
          invitation = try await store.inviteUser(new, lifetime: lifetime, audit: audit)
        }
        return """
          invited \(invitation.user.level.rawValue) \(invitation.user.username) (\(invitation.user.id)) until \
          \(invitation.expiresAt)
          \(invitation.token)
          """
      }
    }
  }
}
