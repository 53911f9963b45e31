import ArgumentParser
import Foundation
import Intake
import Logging
import ServiceQueue
import UserStore

/// `usher dead-letters`: messages that could not be taken in from RabbitMQ. Works beside the servers, or without any.
struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead-letters",
    abstract: "Look at messages that could not be taken in, send them again, or remove them.",
    discussion: """
      One command looks at \(DeadLetterLimits.scan) letters at most and says how many are left. docs/dead-letters.md has every \
      reason and what to do about it.
      """,
    subcommands: [List.self, Show.self, Requeue.self, Purge.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List them, oldest first, one a line; without bodies.",
      discussion: "Id, time, reason, routing key, message id, bytes and detail; - for what there is not.")
    @Option(help: "Only those with this reason.") var reason: String?
    @Option(help: "Only those for this queue.") var queue: String?
    @Option(help: "At most so many: 1 to \(DeadLetterLimits.list).") var limit = 100
    @Flag(help: "As JSON.") var json = false

    func validate() throws {
      guard (1...DeadLetterLimits.list).contains(limit) else {
        throw ValidationError("--limit takes 1 to \(DeadLetterLimits.list)")
      }
      _ = try filter()
    }

    func run() async throws {
      let page = try await DeadLettersCommand.access().letters.list(try filter(), limit: limit)
      if json { return DeadLettersCommand.printJSON { $0.deadLetters(page) } }
      for letter in page.letters { print(Self.line(letter)) }
      let more = page.isComplete ? "" : "; there may be further ones that match"
      FileHandle.standardError.write(Data("\(page.letters.count) listed of \(page.total)\(more)\n".utf8))
    }

    private func filter() throws -> DeadLetterFilter {
      try DeadLettersCommand.filter(reason: reason, queue: queue)
    }

    private static func line(_ letter: DeadLetter) -> String {
      let cells: [String?] = [
        letter.id.rawValue, letter.at?.description, letter.reason, letter.routingKey, letter.messageID,
        String(letter.size), letter.detail,
      ]
      return cells.map { DeadLettersCommand.printable($0 ?? "-") }.joined(separator: " ")
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one with its headers and its body, as JSON.")
    @Argument(help: "Its id, as list prints it.") var id: String
    @Flag(help: "As JSON, which it is anyway.") var json = false

    func validate() throws { _ = try DeadLettersCommand.ids([id]) }

    func run() async throws {
      let access = try DeadLettersCommand.access()
      guard let id = try DeadLettersCommand.ids([id]).first else { return }
      let content = try await access.letters.show(id)
      try await access.audit("dead_letter.read", about: id)
      DeadLettersCommand.printJSON { $0.deadLetter(content) }
    }
  }

  /// Which are meant: some condition, or all.
  struct Choice: ParsableArguments {
    @Argument(help: "Their ids, as list prints them.") var ids: [String] = []
    @Option(help: "Only those with this reason.") var reason: String?
    @Option(help: "Only those for this queue.") var queue: String?
    @Flag(help: "All of them.") var all = false
    @Flag(help: "Print what was done as JSON.") var json = false

    func validate() throws { _ = try filter() }

    func filter() throws -> DeadLetterFilter {
      var filter = try DeadLettersCommand.filter(reason: reason, queue: queue)
      if !ids.isEmpty { filter.ids = Set(try DeadLettersCommand.ids(ids)) }
      guard all != (filter != DeadLetterFilter()) else {
        throw ValidationError("say which: ids, --reason or --queue, or else --all")
      }
      return filter
    }

    /// Prints what was done; the exit code tells whether it was all that was asked for.
    func report(_ outcome: DeadLetterOutcome, verb: StaticString) throws {
      if json {
        DeadLettersCommand.printJSON { $0.deadLetters(outcome, verb: verb) }
      } else {
        print("\(outcome.done) \(verb), \(outcome.remaining) left")
        if outcome.unroutable > 0 {
          print("\(outcome.unroutable) stay: no queue takes them any more, or where they came from is not known")
        }
        for id in outcome.missing.map(\.rawValue).sorted() { print("no such dead letter: \(id)") }
        if !outcome.isComplete { print("there may be further ones that match: repeat the command") }
      }
      guard outcome.unroutable == 0, outcome.missing.isEmpty else { throw ExitCode.failure }
    }
  }

  struct Requeue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Send them where they first went, once what was wrong is put right.",
      discussion:
        "Each leaves the dead letters when RabbitMQ has it there. Exit code 1 when one stays, or is not there.")
    @OptionGroup var choice: Choice

    func run() async throws {
      let access = try DeadLettersCommand.access()
      let filter = try choice.filter()
      try await access.audit("dead_letter.requeue", about: filter.ids?.count == 1 ? filter.ids?.first : nil)
      try choice.report(try await access.letters.requeue(filter), verb: "requeued")
    }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove them for good.", discussion: "Exit code 1 when an id is not there.")
    @OptionGroup var choice: Choice

    func run() async throws {
      let access = try DeadLettersCommand.access()
      let filter = try choice.filter()
      try await access.audit("dead_letter.purge", about: filter.ids?.count == 1 ? filter.ids?.first : nil)
      try choice.report(try await access.letters.purge(filter), verb: "purged")
    }
  }

  // MARK: - Parts

  fileprivate static func filter(reason: String?, queue: String?) throws -> DeadLetterFilter {
    var filter = DeadLetterFilter()
    if let reason {
      guard DeadLetterFilter.isReason(reason) else { throw ValidationError("'\(reason)' is not a reason") }
      filter.reason = reason
    }
    if let queue {
      guard let name = QueueName(queue) else { throw ValidationError("'\(queue)' is not a queue name") }
      filter.queue = name
    }
    return filter
  }

  fileprivate static func ids(_ texts: [String]) throws -> [DeadLetterID] {
    guard texts.count <= DeadLetterLimits.ids else {
      throw ValidationError("at most \(DeadLetterLimits.ids) ids in one command")
    }
    return try texts.map { text in
      guard let id = DeadLetterID(text) else { throw ValidationError("'\(text)' is not the id of a dead letter") }
      return id
    }
  }

  /// What a command needs: the letters, and the audit where there is PostgreSQL.
  fileprivate struct Access {
    let letters: DeadLetterActor
    private let settings: Settings
    private let logger: Logger

    init() throws {
      settings = try Settings.load(environment: ProcessInfo.processInfo.environment, needing: [.amqpURL])
      var logger = Foundations.logger(settings)
      // What is done is printed.
      logger.logLevel = max(settings.logLevel, .warning)
      self.logger = logger
      letters = DeadLetterActor(url: try Foundations.amqp(settings), logger: logger)
    }

    func audit(_ action: String, about id: DeadLetterID?) async throws {
      guard settings.databaseURL != nil, settings.keyset ?? settings.keysetFile != nil else { return }
      let entry = AuditEntry(
        action: action, actor: nil, object: id?.rawValue, detail: Array(#"{"by":"command line"}"#.utf8))
      try await StoreAccess.withStore(settings, logger) { try await $0.record(entry) }
    }
  }

  fileprivate static func access() throws -> Access { try Access() }

  fileprivate static func printJSON(_ body: (inout JSONWriter) -> Void) {
    var json = JSONWriter(capacity: 1_024)
    body(&json)
    print(String(decoding: json.bytes, as: UTF8.self))
  }

  /// What others wrote, without what a terminal would obey.
  fileprivate static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}
