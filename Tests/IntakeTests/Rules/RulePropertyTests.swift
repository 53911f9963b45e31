import ServiceQueue
import Testing

@testable import Intake

/// The evaluator against a naive interpreter of the same file, with random rules and requests.
@Suite("Rules against a reference")
struct RulePropertyTests {
  @Test func agree() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    var outcomes: [String: Int] = [:]
    for round in 0..<400 {
      let file = RandomRules.file(&random)
      let set: RuleSet
      do throws(RuleFileError) {
        set = try RuleSet(json: file.compactJSON)
      } catch {
        Issue.record("seed \(seed), round \(round): \(error.lines(file: "f")) of \(text(file))")
        return
      }
      for _ in 0..<10 {
        let request = try RandomRules.request(&random)
        let expected = NaiveRules.verdict(file, request)
        let found = verdict(set.evaluate(request))
        outcomes[String(found.prefix(6)), default: 0] += 1
        if found != expected {
          Issue.record("seed \(seed), round \(round): \(found), not \(expected): \(text(file)) asked about \(request)")
          return
        }
      }
    }
    // Else the generator no longer reaches what it should.
    #expect(outcomes.keys.sorted() == ["accept", "drop", "reject"], "seed \(seed)")
  }

  private func text(_ value: JSONValue) -> String { String(decoding: value.compactJSON, as: UTF8.self) }

  private func verdict(_ verdict: RuleSet.Verdict) -> String {
    switch verdict {
    case .accept(let request): "accept " + NaiveRules.text(request)
    case .drop: "drop"
    case .reject(let detail): "reject \(detail)"
    }
  }
}
