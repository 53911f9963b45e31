public import ServiceQueue

/// What rules would do with sample messages, for the operator who writes them. Pure.
public struct RuleTrial: Sendable {
  /// How one rule took part.
  public struct Step: Hashable, Sendable {
    /// What came of it.
    public enum Outcome: String, Hashable, Sendable {
      /// Its conditions held, and it did what it says.
      case matched
      /// A condition did not hold.
      case notMatched = "not_matched"
      /// A rule before it ended the matter.
      case notAsked = "not_asked"
    }

    /// The rule's name.
    public let rule: String
    /// What came of it.
    public let outcome: Outcome
    /// The first condition that did not hold; nil where all held or none was looked at.
    public let because: String?
  }

  /// What became of one sample.
  public struct Result: Hashable, Sendable {
    /// `accept`, `drop` or `reject`.
    public let verdict: String
    /// Why it goes to the dead letters, for programs; nil where it does not.
    public let reason: String?
    /// The same for people.
    public let detail: String?
    /// Every rule in its order; none where the sample is no valid request.
    public let steps: [Step]
    /// What the request becomes, as a data object; nil where it does not go on.
    public let request: JSONValue?
  }

  private let analyser: Analyser

  /// A trial of these rules.
  public init(_ rules: RuleSet) { analyser = Analyser(rules: rules, maximumBodyBytes: RuleSample.bytesLimit) }

  /// Tries one sample, as if it came at `now`.
  public func run(_ sample: RuleSample, now: Timestamp) -> Result {
    var request: RuleRequest
    do throws(Rejection) {
      request = try analyser.request(sample.delivery, now: now).0
    } catch {
      return Result(verdict: "reject", reason: error.reason.rawValue, detail: error.detail, steps: [], request: nil)
    }
    var steps: [Step] = []
    var verdict: RuleSet.Verdict?
    for rule in analyser.rules.rules {
      if verdict != nil {
        steps.append(Step(rule: rule.name, outcome: .notAsked, because: nil))
      } else if let failure = rule.condition?.failure(for: request) {
        steps.append(Step(rule: rule.name, outcome: .notMatched, because: failure))
      } else {
        steps.append(Step(rule: rule.name, outcome: .matched, because: nil))
        verdict = rule.carryOut(on: &request)
      }
    }
    switch verdict ?? .accept(request) {
    case .accept(let changed):
      return Result(verdict: "accept", reason: nil, detail: nil, steps: steps, request: changed.draft.data)
    case .drop: return Result(verdict: "drop", reason: nil, detail: nil, steps: steps, request: nil)
    case .reject(let detail):
      let reason = Rejection.Reason.rejectedByRule.rawValue
      return Result(verdict: "reject", reason: reason, detail: detail, steps: steps, request: nil)
    }
  }
}

extension RuleTrial.Result {
  /// For programs: the members `verdict`, `reason`, `detail`, `rules` and `request`, in one line.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("verdict")
      writer.string(verdict)
      for (name, text) in [("reason", reason), ("detail", detail)] {
        guard let text else { continue }
        writer.key(dynamic: name)
        writer.string(text)
      }
      writer.key("rules")
      writer.array { writer in
        for step in steps {
          writer.object { writer in
            writer.key("name")
            writer.string(step.rule)
            writer.key("outcome")
            writer.string(step.outcome.rawValue)
            guard let because = step.because else { return }
            writer.key("because")
            writer.string(because)
          }
        }
      }
      guard let request else { return }
      writer.key("request")
      request.write(to: &writer)
    }
    return writer.bytes
  }

  /// For people: a line on the verdict, one a rule that was asked, and one on what the request becomes.
  public func text(number: Int) -> String {
    var lines = ["sample \(number): \(verdict)" + (reason.map { ", \($0)" } ?? "") + (detail.map { ": \($0)" } ?? "")]
    for step in steps {
      switch step.outcome {
      case .matched: lines.append("  matched      \(step.rule)")
      case .notMatched: lines.append("  not matched  \(step.rule): \(step.because ?? "")")
      case .notAsked: lines.append("  not asked    \(step.rule)")
      }
    }
    if let request { lines.append("  becomes      \(String(decoding: request.compactJSON, as: UTF8.self))") }
    return lines.joined(separator: "\n")
  }
}

extension SubmissionDraft {
  /// The request as the data object that says the same.
  fileprivate var data: JSONValue {
    var members = [
      JSONObject.Member(name: "queue", value: .string(queue.rawValue)),
      JSONObject.Member(name: "kind", value: .string(kind)),
      JSONObject.Member(name: "priority", value: .number(JSONNumber(Int64(priority.level)))),
    ]
    if !requires.isEmpty { members.append(.init(name: "requires", value: .array(requires.words.map { .string($0) }))) }
    if let scheduledFor { members.append(.init(name: "scheduled_for", value: .string(scheduledFor.description))) }
    if let customer { members.append(.init(name: "customer", value: .object(customer))) }
    if let details { members.append(.init(name: "details", value: .object(details))) }
    return .object(JSONObject(members))
  }
}
