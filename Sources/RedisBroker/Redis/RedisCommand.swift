/// A command and its arguments: one buffer, and where each argument ends.
struct RedisCommand: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var ends: [Int] = []

  /// A command of these words.
  init(_ words: String...) {
    for word in words { append(word) }
  }

  /// A command with room for `capacity` bytes and `arguments` arguments.
  init(capacity: Int, arguments: Int) {
    bytes.reserveCapacity(capacity)
    ends.reserveCapacity(arguments)
  }

  mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
  }

  mutating func append(_ argument: [UInt8]) {
    bytes.append(contentsOf: argument)
    ends.append(bytes.count)
  }

  mutating func append(_ number: some BinaryInteger) {
    append(String(number))
  }

  /// All arguments of another.
  mutating func append(contentsOf other: RedisCommand) {
    let start = bytes.count
    bytes.append(contentsOf: other.bytes)
    for end in other.ends { ends.append(start + end) }
  }

  /// One argument that is made of several parts.
  mutating func append(joined parts: String...) {
    for part in parts { bytes.append(contentsOf: part.utf8) }
    ends.append(bytes.count)
  }

  /// Text as one field of a line: control characters, tabs among them, become spaces.
  static func field(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }
}
