import Glibc

/// An answer of Redis in one piece, copied out of the C library: two allocations, however many parts it has.
///
/// The parts stand in the order in which they came; an array is a part of its own, before its elements.
struct RedisReply: Sendable {
  struct Part: Sendable {
    enum Kind: UInt8, Sendable {
      case string, status, integer, null, array, error
    }

    let kind: Kind
    /// Where its bytes begin.
    let start: Int
    /// How many bytes it has, or elements; of an integer its value.
    let count: Int
  }

  let parts: [Part]
  private let bytes: [UInt8]

  /// Copies what has been gathered; there is one part at least.
  init(parts: [Part], bytes: [UInt8]) {
    self.parts = parts.withUnsafeBufferPointer { Array($0) }
    self.bytes = bytes.withUnsafeBufferPointer { Array($0) }
  }

  /// Gives the body the bytes of a part, for the time of the call.
  func withBytes<Value>(of part: Part, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[part.start..<(part.start + part.count)])) }
  }

  func text(of part: Part) -> String {
    withBytes(of: part) { String(decoding: $0, as: UTF8.self) }
  }

  /// The text of an error, such as `ERR Function not found`; nil for anything else.
  var error: String? {
    guard parts[0].kind == .error else { return nil }
    return Self.withoutArguments(text(of: parts[0]))
  }

  /// An error about a command that Redis does not know repeats its arguments, which may be secret.
  private static func withoutArguments(_ error: String) -> String {
    error.firstRange(of: ", with args").map { String(error[..<$0.lowerBound]) } ?? error
  }
}

/// The elements of an array that has no arrays in it, as the functions answer; nil where there is none of that form.
extension RedisReply {
  /// How many elements the array has; nil when it is none.
  var count: Int? { parts[0].kind == .array ? parts[0].count : nil }

  /// Gives the body the bytes of an element that is a string, for the time of the call.
  func withElement<Value>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
    guard index + 1 < parts.count, parts[index + 1].kind == .string else { return nil }
    return withBytes(of: parts[index + 1], body)
  }

  func number(_ index: Int) -> UInt64? {
    withElement(index) { FieldReader.number($0) } ?? nil
  }

  /// A number, or nothing where the element is empty.
  func optionalNumber(_ index: Int) -> UInt64?? {
    withElement(index) { $0.isEmpty ? .some(nil) : FieldReader.number($0).map(Optional.some) } ?? nil
  }

  func text(_ index: Int) -> String? {
    withElement(index) { String(decoding: $0, as: UTF8.self) }
  }

  func bytes(_ index: Int) -> [UInt8]? {
    withElement(index) { Array($0) }
  }

  /// Whether the element is this very text.
  func element(_ index: Int, is text: String) -> Bool {
    withElement(index) { $0.isText(text) } ?? false
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of this very text.
  func isText(_ text: String) -> Bool {
    let isEqual = text.utf8.withContiguousStorageIfAvailable { text in
      guard count == text.count, let here = baseAddress, let there = text.baseAddress else {
        return count == text.count
      }
      return memcmp(here, there, count) == 0
    }
    return isEqual ?? elementsEqual(text.utf8)
  }
}

extension RedisReply {
  /// The answer as a value of its own, part by part.
  var value: RedisValue {
    var index = 0
    return value(at: &index)
  }

  private func value(at index: inout Int) -> RedisValue {
    let part = parts[index]
    index += 1
    switch part.kind {
    case .string: return .string(withBytes(of: part) { Array($0) })
    case .status: return .status(text(of: part))
    case .error: return .error(Self.withoutArguments(text(of: part)))
    case .integer: return .integer(Int64(part.count))
    case .null: return .null
    case .array:
      var elements: [RedisValue] = []
      elements.reserveCapacity(part.count)
      for _ in 0..<part.count { elements.append(value(at: &index)) }
      return .array(elements)
    }
  }
}
