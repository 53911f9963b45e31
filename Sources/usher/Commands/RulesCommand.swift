import ArgumentParser
import Foundation
import Intake
import ServiceQueue

/// `usher rules`: the operator's rules of the intake, before a server has them. Needs no settings and no server.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Check the rules of the intake, and try them out.",
    discussion: "A running server reads its file again on SIGHUP, and when it changes; docs/rules.md has the language.",
    subcommands: [Check.self, Test.self, Schema.self])

  /// Which file a command is about.
  struct File: ParsableArguments {
    @Argument(help: "The file of rules.") var file: String

    func load() throws -> RuleSet {
      switch RulesFile.load(file) {
      case .success(let rules): return rules
      case .failure(let problem):
        FileHandle.standardError.write(Data((problem.lines.joined(separator: "\n") + "\n").utf8))
        throw ExitCode.failure
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell every error of a file with its line and column; exit code 1 when there is one.")
    @OptionGroup var rules: File

    func run() throws {
      let set = try rules.load()
      print("\(rules.file): \(set.names.count) rules, fingerprint \(set.fingerprint)")
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell what the rules do with the samples on standard input, and why.",
      discussion: """
        A sample is {"routing_key": ..., "headers": {...}, "content_type": ..., "message_id": ..., "body": ...}, of which only \
        body must be there, or a data object alone. One, an array of them, or JSON lines. A body that is a text is taken as it is.
        """)
    @OptionGroup var rules: File
    @Flag(help: "A line of JSON a sample.") var json = false

    func run() throws {
      let trial = RuleTrial(try rules.load())
      let data = try FileHandle.standardInput.read(upToCount: RuleSample.inputLimit + 1) ?? Data()
      guard data.count <= RuleSample.inputLimit else {
        throw ValidationError("the samples have more than \(RuleSample.inputLimit) bytes")
      }
      let samples: [RuleSample]
      do {
        samples = try RuleSample.read([UInt8](data))
      } catch {
        throw ValidationError("standard input: \(error)")
      }
      let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
      for (index, sample) in samples.enumerated() {
        let result = trial.run(sample, now: now)
        print(json ? String(decoding: result.json, as: UTF8.self) : result.text(number: index + 1))
      }
    }
  }

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the JSON Schema (2020-12) of a file of rules.")

    func run() { print(String(decoding: RuleSet.schema, as: UTF8.self), terminator: "") }
  }
}
