/// A command and its arguments as they are sent: written once, in the protocol's own form.
struct RedisCommand: Sendable {
  /// Room for the number of arguments, which is known last, and then each argument.
  private var bytes: [UInt8]
  /// How many arguments there are.
  private(set) var count = 0
  /// Where the sealed command begins.
  private var start = 0

  /// `*`, up to 10 digits, and the line's end.
  private static let room = 13

  /// A command of these words.
  init(_ words: String...) {
    self.init(capacity: 128)
    for word in words { append(word) }
  }

  /// A command with room for `capacity` bytes.
  init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(Self.room + capacity)
    for _ in 0..<Self.room { bytes.append(0) }
  }

  mutating func append(_ text: String) {
    begin(text.utf8.count)
    append(bytesOf: text)
    end()
  }

  mutating func append(_ argument: some Collection<UInt8>) {
    begin(argument.count)
    bytes.append(contentsOf: argument)
    end()
  }

  mutating func append(_ number: some BinaryInteger) {
    let value = Int(number)
    guard value >= 0 else { return append(String(value)) }
    begin(Self.digits(of: value))
    append(digitsOf: value)
    end()
  }

  /// All arguments of another.
  mutating func append(contentsOf other: RedisCommand) {
    bytes.append(contentsOf: other.bytes[Self.room...])
    count += other.count
  }

  /// One argument that is made of several parts.
  mutating func append(joined first: String, _ second: String, _ third: String = "") {
    begin(first.utf8.count + second.utf8.count + third.utf8.count)
    append(bytesOf: first)
    append(bytesOf: second)
    append(bytesOf: third)
    end()
  }

  /// One argument that is made of text and a number, which is not below 0.
  mutating func append(joined text: String, number: Int) {
    begin(text.utf8.count + Self.digits(of: number))
    append(bytesOf: text)
    append(digitsOf: number)
    end()
  }

  /// Writes how many arguments there are, which must come before it is sent.
  mutating func seal() {
    bytes[Self.room - 1] = UInt8(ascii: "\n")
    bytes[Self.room - 2] = UInt8(ascii: "\r")
    start = Self.room - 2
    var rest = count
    repeat {
      start -= 1
      bytes[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    start -= 1
    bytes[start] = UInt8(ascii: "*")
  }

  /// Gives the body the bytes of a sealed command.
  func withEncodedBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  /// The arguments, read from their encoded form.
  var words: [[UInt8]] {
    var words: [[UInt8]] = []
    var rest = bytes[Self.room...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")), let length = FieldReader.number(rest[..<end].dropFirst()) {
      let word = rest[(end + 2)...].prefix(Int(length))
      words.append(Array(word))
      rest = rest[(word.endIndex + 2)...]
    }
    return words
  }

  private mutating func append(bytesOf text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  private mutating func begin(_ length: Int) {
    append(UInt8(ascii: "$"), digitsOf: length)
  }

  private mutating func end() {
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
    count += 1
  }

  private mutating func append(_ sign: UInt8, digitsOf value: Int) {
    bytes.append(sign)
    append(digitsOf: value)
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func append(digitsOf value: Int) {
    if value < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
    append(digitsOf: value / 10)
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  private static func digits(of value: Int) -> Int {
    var digits = 1
    var rest = value / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    return digits
  }

  /// Text as one field of a line: control characters, tabs among them, become spaces.
  static func field(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
    return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }
}
