import ServiceQueue

/// A text that equals another by its bytes: Swift's own equality joins what Unicode calls equivalent.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// A value to compare with, its number read once.
struct Operand: Hashable, Sendable {
  let value: JSONValue
  private let double: Double

  /// Nil for objects and arrays, which nothing is compared with.
  init?(_ value: JSONValue) {
    guard value.object == nil, value.array == nil else { return nil }
    self.value = value
    double = if case .number(let number) = value { number.double } else { .nan }
  }

  /// Numbers by value (`1` is `1.0`), texts by their bytes.
  func equals(_ other: JSONValue) -> Bool {
    switch (value, other) {
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.number(let a), .number(let b)): a.int != nil && b.int != nil ? a.int == b.int : double == b.double
    case (.bool(let a), .bool(let b)): a == b
    case (.null, .null): true
    default: false
    }
  }
}

/// The values of an `in`: texts, which are usually all of them, in a set.
struct OperandList: Hashable, Sendable {
  let texts: Set<ExactText>
  private let others: [Operand]

  init(_ operands: [Operand]) {
    texts = Set(operands.compactMap { $0.value.string.map(ExactText.init) })
    others = operands.filter { $0.value.string == nil }
  }

  func contains(_ value: JSONValue) -> Bool {
    if let text = value.string { return texts.contains(ExactText(text)) }
    return others.contains { $0.equals(value) }
  }
}
