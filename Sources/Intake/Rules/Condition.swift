import ServiceQueue

/// One condition of a rule: something about a request, and what must hold of it.
struct Condition: Hashable, Sendable {
  enum Subject: Hashable, Sendable {
    case queue
    case kind
    case priority
    case customer(String)
    /// Names of members, from the outside in.
    case details([String])
    case routingKey
  }

  enum Test: Hashable, Sendable {
    case equals(JSONValue)
    case isIn([JSONValue])
    case exists(Bool)
    case prefix(String)
    case above(Double)
    case below(Double)
    case matches(TopicPattern)
  }

  let subject: Subject
  /// All must hold.
  let tests: [Test]

  func holds(for draft: SubmissionDraft, routingKey: String) -> Bool {
    let value: JSONValue? =
      switch subject {
      case .queue: .string(draft.queue.rawValue)
      case .kind: .string(draft.kind)
      case .priority: .number(JSONNumber(Int64(draft.priority.level)))
      case .customer(let name): draft.customer?[name]
      case .details(let path): path.reduce(draft.details.map { .object($0) }) { $0?[$1] }
      case .routingKey: .string(routingKey)
      }
    return tests.allSatisfy { Self.holds($0, for: value) }
  }

  /// Only `exists` can hold for what is absent.
  private static func holds(_ test: Test, for value: JSONValue?) -> Bool {
    if case .exists(let expected) = test { return (value != nil) == expected }
    guard let value else { return false }
    switch test {
    case .equals(let expected): return same(value, expected)
    case .isIn(let list): return list.contains { same(value, $0) }
    case .exists: return true
    case .prefix(let prefix): return value.string?.utf8.starts(with: prefix.utf8) ?? false
    case .above(let bound): return number(value).map { $0 > bound } ?? false
    case .below(let bound): return number(value).map { $0 < bound } ?? false
    case .matches(let pattern): return value.string.map { pattern.matches($0) } ?? false
    }
  }

  /// Numbers by value (`1` is `1.0`), texts by their bytes.
  private static func same(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a.int != nil && b.int != nil ? a.int == b.int : a.double == b.double
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    default: a == b
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    if case .number(let number) = value { number.double } else { nil }
  }
}

/// A pattern of a topic exchange: words apart by dots, `*` for one word, `#` for any number of words.
struct TopicPattern: Hashable, Sendable {
  let words: [String]

  init(_ text: String) {
    words = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  func matches(_ key: String) -> Bool {
    let key = key.split(separator: ".", omittingEmptySubsequences: false)
    // Which prefixes of the pattern match the words of the key so far: time is the product of the lengths, whatever `#`.
    var reached = [Bool](repeating: false, count: words.count + 1)
    reached[0] = true
    func skipHashes() {
      for (at, word) in words.enumerated() where word == "#" && reached[at] { reached[at + 1] = true }
    }
    skipHashes()
    for part in key {
      var next = [Bool](repeating: false, count: words.count + 1)
      for (at, word) in words.enumerated() where reached[at] {
        switch word {
        case "#": next[at] = true
        case "*": next[at + 1] = true
        default: if part == word { next[at + 1] = true }
        }
      }
      reached = next
      skipHashes()
    }
    return reached[words.count]
  }
}
