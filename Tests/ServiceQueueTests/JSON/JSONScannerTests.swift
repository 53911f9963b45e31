import ServiceQueue
import Testing

@Suite("JSON scanner")
struct JSONScannerTests {
  func parse(_ text: String, depth: Int = 32, bytes: Int = 262_144) throws(JSONError) -> JSONValue {
    try JSONScanner.parse(Array(text.utf8), limits: .init(bytes: bytes, depth: depth))
  }

  func code(_ bytes: [UInt8]) -> JSONError.Code? {
    do {
      _ = try JSONScanner.parse(bytes)
      return nil
    } catch {
      return error.code
    }
  }

  @Test(arguments: [
    "{}", "[]", "null", "true", "false", "0", "-0", "1.5e+10", "1E-2", "\"\"", "[1,2,[3,{\"a\":null}]]",
    " \t\r\n{ \"a\" : [ ] } \n", "9223372036854775808", "1e999", "\"\\u0000\"", "\"\u{7F}\"", "{\"\":1}",
    "\"\\ud83d\\ude00\"", "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
  ])
  func takes(_ text: String) throws {
    _ = try parse(text)
  }

  @Test(arguments: [
    ("", JSONError.Code.truncated), (" ", .truncated), ("{", .truncated), ("[", .truncated), ("[1", .truncated),
    ("[1,", .truncated), ("{\"a\"", .truncated), ("{\"a\":", .truncated), ("{\"a\":1", .truncated), ("\"", .truncated),
    ("\"\\", .truncated), ("\"\\u12", .truncated), ("tru", .truncated), ("-", .truncated), ("1.", .truncated),
    ("1e", .truncated), ("\"\\ud83d", .truncated),
    ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{a:1}", .unexpectedByte), ("[,]", .unexpectedByte),
    ("{\"a\" 1}", .unexpectedByte), ("nul!", .unexpectedByte), ("'a'", .unexpectedByte), ("+1", .unexpectedByte),
    (".5", .unexpectedByte), ("NaN", .unexpectedByte), ("[1 2]", .unexpectedByte), ("\u{FEFF}{}", .unexpectedByte),
    ("/*x*/1", .unexpectedByte), ("\u{A0}1", .unexpectedByte),
    ("01", .badNumber), ("-01", .badNumber), ("1.e1", .badNumber), ("1x", .badNumber), ("0x10", .badNumber),
    ("1e+", .truncated), ("[1e]", .badNumber), ("--1", .badNumber), ("1.5.5", .badNumber),
    ("{} {}", .trailingBytes), ("1 1", .trailingBytes), ("nullx", .trailingBytes), ("[]\u{0}", .trailingBytes),
    ("\"\\x41\"", .badEscape), ("\"\\u12G4\"", .badEscape), ("\"\\ud800\"", .badEscape), ("\"\\udc00\"", .badEscape),
    ("\"\\ud83dx\"", .badEscape), ("\"\\ud83d\\n\"", .badEscape), ("\"\\ud83d\\ud83d\"", .badEscape),
    ("\"a\nb\"", .controlCharacter), ("\"\\n\u{1}\"", .controlCharacter),
    ("{\"a\":1,\"a\":2}", .duplicateKey), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey),
  ])
  func refuses(_ text: String, _ expected: JSONError.Code) {
    #expect(code(Array(text.utf8)) == expected)
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
      [0xC3, 0x5C, 0x6E] /* a lead byte, then an escape */, [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func refusesMalformedUTF8(_ inner: [UInt8]) {
    #expect(code([0x22] + inner + [0x22]) == .badUTF8)
  }

  @Test func unescapes() throws {
    let value = try parse(#""a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00é€😀""#)
    #expect(value.string == "a\"\\/\u{8}\u{C}\n\r\té€😀é€😀")
  }

  @Test func keepsNumbersAsWritten() throws {
    let value = try parse("[1,-7,1.0,1e2,9223372036854775807,9223372036854775808,0.1,-0]")
    let numbers = try #require(value.array)
    #expect(numbers.map(\.int) == [1, -7, nil, nil, .max, nil, nil, 0])
    let whole = numbers.map { value -> Int64? in if case .number(let number) = value { number.whole } else { nil } }
    #expect(whole == [1, -7, 1, 100, .max, nil, nil, 0])
    #expect(value.compactJSON == Array("[1,-7,1.0,1e2,9223372036854775807,9223372036854775808,0.1,-0]".utf8))
    guard case .number(let hundred) = numbers[3] else { return #expect(Bool(false)) }
    #expect(hundred.double == 100)
  }

  @Test func boundsDepth() throws {
    _ = try parse("[[{}]]", depth: 3)
    #expect(throws: JSONError(.tooDeep, at: 3)) { try parse("[[[[]]]]", depth: 3) }
    #expect(throws: JSONError(.tooDeep, at: 0)) { try parse("[]", depth: 0) }
    _ = try parse("1", depth: 0)
    let deep = String(repeating: "[", count: 200_000)
    #expect(throws: JSONError(.tooDeep, at: 32)) { try parse(deep) }
  }

  @Test func boundsSize() throws {
    _ = try parse("[1]", bytes: 3)
    #expect(throws: JSONError(.tooLarge, at: 3)) { try parse("[1] ", bytes: 3) }
  }

  @Test func tellsWhereMembersStand() throws {
    let text = #"xx{ "a" : {"b": [1, 2]} , "c":"é" }yy"#
    let bytes = Array(text.utf8)
    let value = try JSONScanner.parse(bytes[2..<bytes.count - 2])
    let object = try #require(value.object)
    let a = try #require(object.member("a"))
    let c = try #require(object.member("c"))
    #expect(String(decoding: bytes[a.range], as: UTF8.self) == #"{"b": [1, 2]}"#)
    #expect(String(decoding: bytes[c.range], as: UTF8.self) == "\"é\"")
    #expect(value["a"]?["b"]?.array?.count == 2)
    #expect(value["nothing"] == nil)
  }

  @Test func tellsTheOffsetWithinASlice() {
    let bytes = Array("...[1,]".utf8)
    #expect(throws: JSONError(.unexpectedByte, at: 3)) { try JSONScanner.parse(bytes[3...]) }
  }

  @Test func findsDuplicatesAmongManyMembers() throws {
    let members = (0..<1000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    let value = try parse("{\(members)}")
    #expect(value.object?.members.count == 1000)
    #expect(code(Array("{\(members),\"k500\":1}".utf8)) == .duplicateKey)
  }

  @Test func tellsEquivalentNamesApart() throws {
    // Composed and decomposed: one text for Swift, two names for JSON.
    let value = try parse(#"{"\u00e9":1,"e\u0301":2}"#)
    #expect(value["\u{E9}"]?.int == 1)
    #expect(value["e\u{301}"]?.int == 2)
  }

  @Test func writesCompactAndCanonical() throws {
    let value = try parse(#" { "b" : [ 1.50 , true ] , "a" : { "z" : null , "y" : "\u0041\u0001\n" } } "#)
    #expect(String(decoding: value.compactJSON, as: UTF8.self) == #"{"b":[1.50,true],"a":{"z":null,"y":"A\u0001\n"}}"#)
    #expect(
      String(decoding: value.canonicalJSON, as: UTF8.self) == #"{"a":{"y":"A\u0001\n","z":null},"b":[1.50,true]}"#)
    #expect(try JSONScanner.parse(value.compactJSON) == value)
  }

  @Test func errorsSayNothingOfTheContent() {
    #expect(JSONError(.badNumber, at: 7).description == "not valid JSON: not a JSON number (at byte 7)")
  }
}
