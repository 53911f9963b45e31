import ServiceQueue

/// What is wrong at one place of a file of rules.
public struct RuleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public let line: Int
  /// The character in the line, counted from 1.
  public let column: Int
  /// Such as `rule 3 (night shift), when.priority`.
  public let place: String
  /// What is wrong and what it takes.
  public let message: String

  /// Position, place and message; put the name of the file and a colon before it.
  public var description: String { "\(line):\(column): \(place): \(message)" }
}

/// All that is wrong with a file of rules.
public struct RuleFileError: Error, Hashable, Sendable {
  /// The errors in the order of the file, at most `RuleSet.Limits.errors`.
  public let errors: [RuleError]
  /// How many more there are.
  public let more: Int

  /// A line an error, each behind the name of the file, as compilers write them.
  public func lines(file: String) -> [String] {
    errors.map { "\(file):\($0)" } + (more > 0 ? ["\(file): and \(more) more"] : [])
  }
}

/// The way to a value of a document, from the outside in.
enum PathStep: Hashable, Sendable {
  case member(String)
  /// Counted from 0.
  case element(Int)
}

/// Finds where in a document something stands. Only for a document that is known to be well-formed, and only once something is
/// wrong with it: whoever reads documents that are right keeps no positions.
struct JSONLocator {
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The byte at which the last step's name, or its element, begins; of a step that leads nowhere the value around it.
  mutating func offset(of path: [PathStep]) -> Int {
    index = 0
    skipWhitespace()
    var found = index
    for step in path {
      guard let place = descend(step) else { return found }
      found = place
    }
    return found
  }

  /// Line and character of a byte.
  func position(of offset: Int) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Bytes that continue a character do not count.
    return (before.count { $0 == UInt8(ascii: "\n") } + 1, before[start...].count { $0 & 0xC0 != 0x80 } + 1)
  }

  /// From the value at `index` to one in it; nil when there is none.
  private mutating func descend(_ step: PathStep) -> Int? {
    guard peek() == (step.isMember ? UInt8(ascii: "{") : UInt8(ascii: "[")) else { return nil }
    index += 1
    skipWhitespace()
    var number = 0
    while let byte = peek(), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") {
      let start = index
      if step.isMember {
        skipValue()
        let name = try? JSONScanner.parse(bytes[start..<index]).string
        // To the value: white space and a colon.
        while let byte = peek(), byte != UInt8(ascii: ":") { index += 1 }
        index += 1
        skipWhitespace()
        if let name, step == .member(name) { return start }
      } else if step == .element(number) {
        return start
      }
      skipValue()
      skipWhitespace()
      if peek() == UInt8(ascii: ",") { index += 1 }
      skipWhitespace()
      number += 1
    }
    return nil
  }

  private mutating func skipValue() {
    var depth = 0
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""): skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return }
        depth -= 1
        index += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
        if depth == 0 { return }
        index += 1
        continue
      default:
        index += 1
        continue
      }
      if depth == 0 { return }
    }
  }

  private mutating func skipString() {
    index += 1
    while let byte = peek(), byte != UInt8(ascii: "\"") { index += byte == UInt8(ascii: "\\") ? 2 : 1 }
    index += 1
  }

  private mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func peek() -> UInt8? { index < bytes.endIndex ? bytes[index] : nil }
}

extension PathStep {
  fileprivate var isMember: Bool { if case .member = self { true } else { false } }
}
