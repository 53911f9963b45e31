import ServiceQueue

/// The operator's rules: what happens to a valid request before it goes to the Broker.
///
/// They are asked in their order. A rule whose conditions all hold does what its `then` says: `drop` and `reject` end the
/// matter, `stop` spares the request the rules behind; all else changes the request, and the rules behind see it changed.
public struct RuleSet: Sendable {
  struct Rule: Sendable {
    let name: String
    /// Nil: it always holds.
    let condition: Condition?
    let actions: [Action]
  }

  /// What becomes of a request.
  enum Verdict: Hashable, Sendable {
    /// It goes on, perhaps changed.
    case accept(RuleRequest)
    /// It is forgotten.
    case drop
    /// It goes to the dead letters; the text says which rule, and the rule's own words.
    case reject(detail: String)
  }

  let rules: [Rule]
  private let index: KindIndex
  /// Tells one file from another, by its bytes (FNV-1a); 0 for none.
  public let fingerprint: UInt32

  /// No rules: every valid request goes on.
  public init() { self.init(rules: [], fingerprint: 0) }

  init(rules: [Rule], fingerprint: UInt32) {
    self.rules = rules
    index = KindIndex(rules)
    self.fingerprint = fingerprint
  }

  /// The names of the rules, in their order.
  public var names: [String] { rules.map(\.name) }

  /// Asks the rules. Pure.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - matched: is called with the place of each rule that holds.
  /// - Returns: what becomes of the request.
  func evaluate(_ request: RuleRequest, matched: (Int) -> Void = { _ in }) -> Verdict {
    var request = request
    for place in index.places(of: request.draft.kind) where rules[place].condition?.holds(for: request) ?? true {
      matched(place)
      if let verdict = rules[place].carryOut(on: &request) { return verdict }
    }
    return .accept(request)
  }
}

extension RuleSet.Rule {
  /// Does what the rule says; nil where the next rule has its turn.
  func carryOut(on request: inout RuleRequest) -> RuleSet.Verdict? {
    do throws(Action.Obstacle) {
      for action in actions {
        switch action {
        case .drop: return .drop
        case .reject(let detail): return .reject(detail: detail.isEmpty ? name : "\(name): \(detail)")
        case .stop: return .accept(request)
        case .change(let change): try change.carryOut(on: &request)
        }
      }
      return nil
    } catch {
      return .reject(detail: "\(name): \(error.message)")
    }
  }
}
