import ServiceQueue

/// Which rules can hold for a kind at all. Rules never change the kind of a request, so those that ask for another one need no
/// asking: files with a few rules for each of many kinds cost what the rules of one kind cost.
struct KindIndex: Sendable {
  /// The places of rules that name no kinds, in their order.
  private let general: [Int]
  private let byKind: [ExactText: [Int]]

  init(_ rules: [RuleSet.Rule]) {
    var general: [Int] = []
    var byKind: [ExactText: [Int]] = [:]
    for (place, rule) in rules.enumerated() {
      guard let kinds = rule.condition?.kinds else {
        general.append(place)
        continue
      }
      for kind in kinds { byKind[kind, default: []].append(place) }
    }
    self.general = general
    self.byKind = byKind
  }

  /// The places of the rules to ask, in their order.
  func places(of kind: String) -> Places {
    Places(general: general[...], own: (byKind[ExactText(kind)] ?? [])[...])
  }

  /// Two ascending lists, as one.
  struct Places: Sequence, IteratorProtocol {
    fileprivate var general: ArraySlice<Int>
    fileprivate var own: ArraySlice<Int>

    mutating func next() -> Int? {
      guard let place = own.first else { return general.popFirst() }
      if let other = general.first, other < place { return general.popFirst() }
      return own.popFirst()
    }
  }
}

extension Condition {
  /// The only kinds for which it can hold; nil where it names none.
  fileprivate var kinds: Set<ExactText>? {
    switch self {
    case .test(.kind, let tests): tests.lazy.compactMap(\.texts).first
    case .members(let parts), .all(let parts): parts.lazy.compactMap(\.kinds).first
    case .test, .any, .not: nil
    }
  }
}

extension Condition.Test {
  fileprivate var texts: Set<ExactText>? {
    switch self {
    case .equals(let operand): operand.value.string.map { [ExactText($0)] }
    case .isIn(let list): list.texts
    case .prefix, .matches, .above, .below, .exists: nil
    }
  }
}
