import ArgumentParser
import Foundation
import ServiceQueue
import UserStore

/// `usher audit`: what was done, and whether somebody has changed what was written of it.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read and verify the audit.", subcommands: [List.self, Verify.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List entries, newest first, one a line.",
      discussion: "Number, time, action, user, object, detail, address and request's id; - for what there is not.")
    @Option(help: "Only this action, or all of a kind: 'user.*'.") var action: String?
    @Option(help: "Only what the user of this id or name did.") var actor: String?
    @Option(help: "Only what was done to this user, queue or session.") var object: String?
    @Option(help: "Not before this time, such as 2026-11-24T09:30:00Z.") var from: String?
    @Option(help: "Before this time.") var to: String?
    @Option(help: "At most so many: 1 to 1000000.") var limit = 100

    func validate() throws {
      guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000000") }
      _ = try query()
    }

    func run() async throws {
      let settings = try StoreAccess.settings()
      let (first, limit) = (try query(), limit)
      try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        try await store.record(AuditEntry(action: "audit.export", actor: nil))
        var query = first
        var rest = limit
        while rest > 0 {
          query.limit = min(rest, 500)
          let page = try await store.auditPage(query)
          for entry in page.entries { print(Self.line(entry)) }
          guard let next = page.next else { return }
          query.before = next
          rest -= page.entries.count
        }
      }
    }

    private func query() throws -> AuditQuery {
      var query = AuditQuery(limit: 1)
      query.action = try action.map { text in
        guard let action = AuditAction(text) else { throw ValidationError("--action takes user.create or 'user.*'") }
        return action
      }
      query.actor = actor
      query.object = object
      query.from = try from.map(Self.moment)
      query.to = try to.map(Self.moment)
      return query
    }

    private static func moment(_ text: String) throws -> Timestamp {
      guard let moment = Timestamp(rfc3339: text) else {
        throw ValidationError("'\(text)' is not a time such as 2026-11-24T09:30:00Z")
      }
      return moment
    }

    private static func line(_ entry: RecordedEntry) -> String {
      let cells: [String?] = [
        String(entry.id), entry.at.description, entry.action, entry.actorName ?? entry.actorID, entry.object,
        entry.detail, entry.address, entry.requestID,
      ]
      return cells.map { $0 ?? "-" }.joined(separator: " ")
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Walk the audit and say where somebody has changed it.",
      discussion: """
        Prints the last entry's number and hash. Note them where the database's administrators cannot write, and give them to the \
        next verification: then a chain that was written anew shows as well. Exit code 1 when the audit is not what was written.
        """)
    @Option(help: "NUMBER:HASH as an earlier verification printed it.") var expect: String?

    func validate() throws { _ = try expected() }

    func run() async throws {
      let settings = try StoreAccess.settings()
      let expected = try expected()
      let chain = try await StoreAccess.withStore(settings, Foundations.logger(settings)) { store in
        try await store.verifyAudit(expecting: expected)
      }
      if let broken = chain.broken {
        print("the audit is broken at entry \(broken.id): \(Self.words(broken.reason))")
        print("entries before it that are as they were written: \(chain.entries)")
        throw ExitCode.failure
      }
      print("\(chain.entries) entries are as they were written; the last is \(chain.link.text)")
    }

    private func expected() throws -> AuditChain.Link? {
      try expect.map { text in
        guard let link = AuditChain.Link(text: text) else {
          throw ValidationError("--expect takes NUMBER:HASH as a verification prints it")
        }
        return link
      }
    }

    private static func words(_ reason: AuditChain.Reason) -> String {
      switch reason {
      case .missing: "it is missing"
      case .changed: "it was changed, or one before it was put in"
      case .foreign: "it was not written by Usher"
      case .unexpected: "it is not the one that was noted; the chain was written anew"
      case .expired: "it was noted, and retention has removed it since; verify without --expect"
      }
    }
  }
}
