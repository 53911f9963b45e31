/// A JSON value as it stood in a document: members in their order, numbers as they were written.
public enum JSONValue: Hashable, Sendable {
  /// `{ ... }`.
  case object(JSONObject)
  /// `[ ... ]`.
  case array([JSONValue])
  /// A string, unescaped.
  case string(String)
  /// A number, as it was written.
  case number(JSONNumber)
  /// `true` or `false`.
  case bool(Bool)
  /// `null`.
  case null

  /// The object, if it is one.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  /// The elements, if it is an array.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  /// The text, if it is a string.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The whole number, if it is one and was written as one (`7`, not `7.0` or `7e0`) within 64 bits.
  public var int: Int64? { if case .number(let number) = self { number.int } else { nil } }
  /// The truth value, if it is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// True for `null`.
  public var isNull: Bool { self == .null }

  /// The member `name`, if this is an object that has it.
  public subscript(name: String) -> JSONValue? { object?[name] }

  /// What it is, for error messages: `object`, `array`, `string`, `number`, `boolean` or `null`.
  public var typeName: String {
    switch self {
    case .object: "object"
    case .array: "array"
    case .string: "string"
    case .number: "number"
    case .bool: "boolean"
    case .null: "null"
    }
  }
}

/// The members of a JSON object, in their order; no two have one name.
public struct JSONObject: Hashable, Sendable {
  /// One member.
  public struct Member: Hashable, Sendable {
    /// Its name, unescaped.
    public let name: String
    /// Its value.
    public let value: JSONValue
    /// Where the value stands in the document that was parsed: from its first byte to after its last, as indices into
    /// what was handed to the scanner. Not part of the member's equality.
    public let range: Range<Int>

    /// A member whose value stands at `range`.
    public init(name: String, value: JSONValue, range: Range<Int> = 0..<0) {
      self.name = name
      self.value = value
      self.range = range
    }

    /// By name and value, wherever they stood.
    public static func == (a: Member, b: Member) -> Bool { a.name == b.name && a.value == b.value }

    /// By name and value.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      hasher.combine(value)
    }
  }

  /// The members, in the order of the document.
  public let members: [Member]

  /// An object with these members; the caller vouches that their names differ.
  public init(_ members: [Member] = []) { self.members = members }

  /// The value of the member `name`; nil when there is none. Linear: objects that matter are small and bounded.
  public subscript(name: String) -> JSONValue? { member(name)?.value }

  /// The member `name`, with its place in the document.
  public func member(_ name: String) -> Member? {
    members.first { $0.name.utf8.elementsEqual(name.utf8) }
  }
}

/// A JSON number as it was written, so that nothing is lost to rounding.
public struct JSONNumber: Hashable, Sendable {
  /// As in the document; always a number by RFC 8259's grammar.
  public let text: String
  /// The value, when it was written without fraction and exponent and fits.
  public let int: Int64?

  /// The value, if it is a whole one, however it was written: to JSON Schema `7`, `7.0` and `7e0` are one integer. Exact below 2^53.
  public var whole: Int64? { int ?? Int64(exactly: double) }

  init(text: String) {
    self.text = text
    self.int = Int64(text)
  }

  /// The whole number `value`.
  public init(_ value: Int64) {
    self.text = String(value)
    self.int = value
  }

  /// The nearest 64-bit floating point value; infinite where the number is out of its range.
  public var double: Double { Double(text) ?? .nan }
}
