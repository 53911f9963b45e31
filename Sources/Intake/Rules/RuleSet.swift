public import ServiceQueue

/// The operator's rules: what happens to a valid request before it goes to the Broker.
///
/// They are asked in their order. A rule whose conditions all hold does what its `then` says: `drop` and `reject` end the
/// matter; `route`, `prioritise` and `require` change the request, and the rules behind see it changed.
public struct RuleSet: Hashable, Sendable {
  /// What a rule does.
  public enum Action: Hashable, Sendable {
    /// The request is acknowledged and forgotten.
    case drop
    /// The message goes to the dead letters, with this text for people.
    case reject(String)
    /// The request goes to this queue.
    case route(QueueName)
    /// The request gets this priority.
    case prioritise(Priority)
    /// Whoever claims the request must have these skills, beside those that it requires already.
    case require(SkillSet)
  }

  struct Rule: Hashable, Sendable {
    let name: String
    let conditions: [Condition]
    /// In the order route, prioritise, require; or one of drop and reject.
    let actions: [Action]
  }

  /// What becomes of a request.
  public enum Verdict: Hashable, Sendable {
    /// It goes on, perhaps changed.
    case accept(SubmissionDraft)
    /// It is forgotten.
    case drop
    /// It goes to the dead letters; the text says which rule, and the rule's own words.
    case reject(detail: String)
  }

  let rules: [Rule]

  /// No rules: every valid request goes on.
  public init() { rules = [] }

  init(rules: [Rule]) { self.rules = rules }

  /// The names of the rules, in their order.
  public var names: [String] { rules.map(\.name) }

  /// Asks the rules. Pure.
  ///
  /// - Parameters:
  ///   - draft: the request.
  ///   - routingKey: the one it was published with.
  ///   - matched: is called with the place of each rule that holds.
  /// - Returns: what becomes of the request.
  public func evaluate(
    _ draft: SubmissionDraft, routingKey: String = "", matched: (Int) -> Void = { _ in }
  ) -> Verdict {
    var draft = draft
    for (index, rule) in rules.enumerated()
    where rule.conditions.allSatisfy({ $0.holds(for: draft, routingKey: routingKey) }) {
      matched(index)
      for action in rule.actions {
        switch action {
        case .drop: return .drop
        case .reject(let detail): return .reject(detail: detail.isEmpty ? rule.name : "\(rule.name): \(detail)")
        case .route(let queue): draft.queue = queue
        case .prioritise(let priority): draft.priority = priority
        case .require(let skills):
          guard
            let joined = SkillSet(draft.requires.words + skills.words, most: SkillSet.mostRequired)
          else {
            return .reject(detail: "\(rule.name): it would require more than \(SkillSet.mostRequired) skills")
          }
          draft.requires = joined
        }
      }
    }
    return .accept(draft)
  }
}
