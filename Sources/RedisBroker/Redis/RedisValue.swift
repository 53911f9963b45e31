/// An answer of Redis, copied out of the C library.
enum RedisValue: Hashable, Sendable {
  case string([UInt8])
  case status(String)
  case integer(Int64)
  case null
  case array([RedisValue])
  /// The whole text, such as `ERR Function not found`.
  case error(String)

  /// The bytes of a string; nil for anything else.
  var bytes: [UInt8]? {
    if case .string(let bytes) = self { bytes } else { nil }
  }

  /// A string as text; nil for anything else.
  var text: String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The elements of an array; nil for anything else.
  var elements: [RedisValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}
