import ArgumentParser
import ServiceQueue
import UserStore

/// Lists of users and of their sessions, and the end of both.
extension UserCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List users; erased ones only with --state erased.")
    @Option(help: "Only of this level.") var level: AccessLevel?
    @Option(help: "Only in this state: active, invited, disabled or erased.") var state: UserState?

    func run() async throws {
      var filter = UserFilter()
      (filter.level, filter.state) = (level, state)
      try await UserCommand.act { [filter] store in
        var lines: [String] = []
        var cursor: String?
        repeat {
          let page = try await store.users(matching: filter, after: cursor, limit: 500)
          lines += page.users.map(UserCommand.line)
          cursor = page.next
        } while cursor != nil
        return lines.joined(separator: "\n")
      }
    }
  }

  struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List a user's sessions, or end them.")
    @OptionGroup var user: Named
    @Option(help: "End the session with this id.") var end: String?
    @Flag(help: "End all of them.") var endAll = false

    func validate() throws {
      guard end == nil || !endAll else { throw ValidationError("give --end or --end-all, not both") }
    }

    func run() async throws {
      let (username, end, endAll) = (user.username, end, endAll)
      try await UserCommand.act { store in
        let user = try await store.user(username: username)
        let audit = UserCommand.audit("session.end")
        if let end {
          _ = try await store.endSession(end, of: user.id, audit: audit)
          return "ended session \(end)"
        }
        if endAll {
          let ended = try await store.endSessions(of: user.id, keeping: nil, audit: audit)
          return "ended \(ended.count) sessions of \(user.username)"
        }
        let sessions = try await store.sessions(of: user.id)
        try await store.record(
          AuditEntry(action: "session.read", actor: nil, object: user.id, detail: UserCommand.audit("").detail))
        return sessions.map {
          "\($0.id) since \($0.createdAt) last \($0.lastUsedAt) until \($0.expiresAt) from \($0.address ?? "unknown")"
        }.joined(separator: "\n")
      }
    }
  }

  struct Erase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Erase the person of a user, for ever; the id stays for the history.")
    @OptionGroup var user: Named

    func run() async throws {
      let username = user.username
      try await UserCommand.act { store in
        let user = try await store.user(username: username)
        let erased = try await store.eraseUser(
          id: user.id, expectedVersion: nil, audit: UserCommand.audit("user.erase"))
        try await store.finishErasures()
        return "erased \(erased.id)"
      }
    }
  }

  private static func line(_ user: User) -> String {
    let queues = user.queues.map { $0.map(\.rawValue).sorted().joined(separator: ",") } ?? "all queues"
    let skills = user.skills.isEmpty ? "" : " skills=\(user.skills)"
    let capacity = user.capacity.map { " capacity=\($0)" } ?? ""
    let state = user.state == .active ? "" : " \(user.state.rawValue)"
    return "\(user.id) \(user.username) \(user.level.rawValue) \(queues)\(skills)\(capacity)\(state)"
  }
}
