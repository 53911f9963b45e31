import ServiceQueue

/// A value for a `$n` of a statement, in PostgreSQL's binary format with its type, so that nothing is ever quoted.
struct SQLParameter: Sendable, Equatable {
  let type: SQLType
  /// Nil for NULL.
  let value: [UInt8]?

  static func text(_ value: String?) -> SQLParameter { SQLParameter(type: .text, value: value.map { Array($0.utf8) }) }
  static func bytes(_ value: [UInt8]?) -> SQLParameter { SQLParameter(type: .bytes, value: value) }
  static func int(_ value: Int64?) -> SQLParameter { SQLParameter(type: .int, value: value.map(BinaryFormat.encode)) }
  static func bool(_ value: Bool?) -> SQLParameter { SQLParameter(type: .bool, value: value.map { [$0 ? 1 : 0] }) }
  static func timestamp(_ value: Timestamp?) -> SQLParameter {
    SQLParameter(type: .timestamp, value: value.map(BinaryFormat.encode))
  }

  static func texts(_ values: [String?]?) -> SQLParameter {
    SQLParameter(
      type: .texts, value: values.map { BinaryFormat.encode(array: $0.map { $0.map { Array($0.utf8) } }, of: .text) })
  }
  static func byteStrings(_ values: [[UInt8]?]) -> SQLParameter {
    SQLParameter(type: .byteStrings, value: BinaryFormat.encode(array: values, of: .bytes))
  }
  static func ints(_ values: [Int64]) -> SQLParameter {
    SQLParameter(type: .ints, value: BinaryFormat.encode(array: values.map(BinaryFormat.encode), of: .int))
  }
  static func optionalInts(_ values: [Int64?]) -> SQLParameter {
    SQLParameter(type: .ints, value: BinaryFormat.encode(array: values.map { $0.map(BinaryFormat.encode) }, of: .int))
  }
  static func timestamps(_ values: [Timestamp?]) -> SQLParameter {
    SQLParameter(
      type: .timestamps, value: BinaryFormat.encode(array: values.map { $0.map(BinaryFormat.encode) }, of: .timestamp))
  }
}

/// The types in use; the raw value is PostgreSQL's own number (OID), which never changes.
enum SQLType: UInt32, Sendable {
  case bool = 16
  case bytes = 17
  case int = 20
  case text = 25
  case timestamp = 1184
  case byteStrings = 1001
  case texts = 1009
  case ints = 1016
  case timestamps = 1185
}
