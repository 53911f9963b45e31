import Foundation
import Intake

/// The operator's file of rules.
enum RulesFile {
  /// Why it cannot be used.
  struct Problem: Error {
    /// A line an error, behind the file's name.
    let lines: [String]
  }

  /// Reads and checks it. Blocks.
  @Sendable static func load(_ path: String) -> Result<RuleSet, Problem> {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      // One byte more than allowed tells that there is too much.
      let data = try file.read(upToCount: RuleSet.Limits.bytes + 1) ?? Data()
      return .success(try RuleSet(json: [UInt8](data)))
    } catch let error as RuleFileError {
      return .failure(Problem(lines: error.lines(file: path)))
    } catch {
      return .failure(Problem(lines: ["\(path): cannot be read"]))
    }
  }
}
