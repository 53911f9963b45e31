/// A command and its arguments as they are sent: each written once, in the protocol's own form.
struct RedisCommand: Sendable {
  /// Arguments that it shares with others, before its own.
  private let front: [UInt8]
  private var bytes: [UInt8] = []
  /// How many arguments there are.
  private(set) var count: Int

  /// A command of these words.
  init(_ words: String...) {
    self.init(capacity: 128)
    for word in words { append(word) }
  }

  /// A command with room for `capacity` bytes.
  init(capacity: Int) {
    front = []
    count = 0
    bytes.reserveCapacity(capacity)
  }

  /// A command that begins with all arguments of another, which has no front itself, and room for `capacity` bytes more.
  init(front other: RedisCommand, capacity: Int) {
    front = other.bytes
    count = other.count
    bytes.reserveCapacity(capacity)
  }

  /// How many bytes its arguments take.
  var length: Int { front.count + bytes.count }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(_ argument: [UInt8]) {
    argument.withUnsafeBytes { append($0) }
  }

  mutating func append(_ argument: UnsafeRawBufferPointer) {
    append(argument.count) { $0.append(argument) }
  }

  mutating func append(_ number: some BinaryInteger) {
    let value = Int(number)
    guard value >= 0 else { return append(String(value)) }
    append(Writer.digits(of: value)) { $0.append(digitsOf: value) }
  }

  /// All arguments of another.
  mutating func append(contentsOf other: RedisCommand) {
    bytes.append(contentsOf: other.front)
    bytes.append(contentsOf: other.bytes)
    count += other.count
  }

  /// One argument that is made of several parts.
  mutating func append(joined first: String, _ second: String, _ third: String = "") {
    append(first.utf8.count + second.utf8.count + third.utf8.count) {
      $0.append(first)
      $0.append(second)
      $0.append(third)
    }
  }

  /// One argument that is made of text and a number, which is not below 0.
  mutating func append(joined text: String, number: Int) {
    append(text.utf8.count + Writer.digits(of: number)) {
      $0.append(text)
      $0.append(digitsOf: number)
    }
  }

  /// One argument of `length` bytes, which `body` writes.
  private mutating func append(_ length: Int, _ body: (inout Writer) -> Void) {
    bytes.append(addingCapacity: length + Writer.frame) { room in
      room.withUnsafeMutableBufferPointer { room, count in
        guard let start = room.baseAddress else { return }
        var writer = Writer(start)
        writer.append(UInt8(ascii: "$"))
        writer.append(digitsOf: length)
        writer.endLine()
        body(&writer)
        writer.endLine()
        count = writer.at - start
      }
    }
    count += 1
  }

  /// Replaces what is in `room` by the whole command.
  func encode(into room: inout [UInt8]) {
    room.removeAll(keepingCapacity: true)
    room.append(addingCapacity: Writer.frame) { room in
      room.withUnsafeMutableBufferPointer { room, length in
        guard let start = room.baseAddress else { return }
        var writer = Writer(start)
        writer.append(UInt8(ascii: "*"))
        writer.append(digitsOf: count)
        writer.endLine()
        length = writer.at - start
      }
    }
    room.append(contentsOf: front)
    room.append(contentsOf: bytes)
  }

  /// The arguments, read from their encoded form.
  var words: [[UInt8]] {
    var words: [[UInt8]] = []
    var rest = (front + bytes)[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")), let length = FieldReader.number(rest[..<end].dropFirst()) {
      let word = rest[(end + 2)...].prefix(Int(length))
      words.append(Array(word))
      rest = rest[(word.endIndex + 2)...]
    }
    return words
  }

  /// Text as one field of a line: control characters, tabs among them, become spaces.
  static func field(_ text: String) -> String {
    func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    let isClean = text.utf8.withContiguousStorageIfAvailable { bytes in
      for byte in bytes where isControl(byte) { return false }
      return true
    }
    guard isClean != true else { return text }
    return String(decoding: text.utf8.map { isControl($0) ? 0x20 : $0 }, as: UTF8.self)
  }
}

/// Writes into room that is known to suffice.
private struct Writer {
  /// What is written besides an argument, at most: `$`, up to 19 digits, and two ends of lines.
  static let frame = 24

  private(set) var at: UnsafeMutablePointer<UInt8>

  init(_ start: UnsafeMutablePointer<UInt8>) {
    at = start
  }

  mutating func append(_ byte: UInt8) {
    at.pointee = byte
    at += 1
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(at).copyMemory(from: source, byteCount: bytes.count)
    at += bytes.count
  }

  mutating func append(digitsOf value: Int) {
    let end = at + Self.digits(of: value)
    var place = end
    var rest = UInt(value)
    repeat {
      place -= 1
      place.pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    at = end
  }

  mutating func endLine() {
    append(UInt8(ascii: "\r"))
    append(UInt8(ascii: "\n"))
  }

  static func digits(of value: Int) -> Int {
    var digits = 1
    var rest = UInt(value) / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    return digits
  }
}
