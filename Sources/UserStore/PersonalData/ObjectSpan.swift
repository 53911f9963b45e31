/// Finds where a JSON object ends, without reading what is in it: braces, brackets and strings are all it looks at. For
/// documents that were checked when they came in, an order of magnitude cheaper than reading them again.
enum ObjectSpan {
  /// The index after the object that begins at `start`; nil when there is none, or it does not end.
  static func end(in bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { buffer in
      end(in: buffer, from: start - bytes.startIndex).map { $0 + bytes.startIndex }
    }
  }

  private static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
    var depth = 0
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return bytes[index] == UInt8(ascii: "}") ? index + 1 : nil }
      case UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
      default: break
      }
      index += 1
    }
    return nil
  }
}
