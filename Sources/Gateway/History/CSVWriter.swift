/// Writes CSV as RFC 4180 has it: fields in quotes where they need them, lines that end with CR LF, UTF-8.
///
/// Spreadsheets take a text that begins with one of `= + - @`, tab or CR for a formula, which may call out and carry away
/// what stands beside it. Such a text gets an apostrophe in front, which makes it a text to them. Pure.
struct CSVWriter {
  /// What has been written.
  private(set) var bytes: [UInt8] = []
  private var isFirst = true

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// A text; nil is an empty field.
  mutating func field(_ text: String?) { field(utf8: text.map { Array($0.utf8) }) }

  /// A text; nil is an empty field.
  mutating func field(utf8 text: [UInt8]?) {
    separate()
    guard let text, let first = text.first else { return }
    let isFormula = Self.formulas.contains(first)
    guard isFormula || text.contains(where: Self.special.contains) else {
      bytes.append(contentsOf: text)
      return
    }
    bytes.append(Self.quote)
    if isFormula { bytes.append(UInt8(ascii: "'")) }
    for byte in text {
      if byte == Self.quote { bytes.append(Self.quote) }
      bytes.append(byte)
    }
    bytes.append(Self.quote)
  }

  /// A number or another word of ours; nil is an empty field.
  mutating func field(number: (some CustomStringConvertible)?) {
    separate()
    if let number { bytes.append(contentsOf: number.description.utf8) }
  }

  mutating func endLine() {
    bytes.append(contentsOf: [0x0D, 0x0A])
    isFirst = true
  }

  private mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  private static let quote = UInt8(ascii: "\"")
  private static let formulas: Set<UInt8> = Set("=+-@\t\r".utf8)
  private static let special: Set<UInt8> = Set(",\"\r\n".utf8)
}
