/// Base64 of RFC 4648 with padding, for bytes inside of a record's line.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    alphabet.withUnsafeBufferPointer { alphabet in
      var at = 0
      while at + 3 <= bytes.count {
        let group = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
        text.append(alphabet[group >> 18])
        text.append(alphabet[group >> 12 & 63])
        text.append(alphabet[group >> 6 & 63])
        text.append(alphabet[group & 63])
        at += 3
      }
      let left = bytes.count - at
      guard left > 0 else { return }
      let group = Int(bytes[at]) << 16 | (left == 2 ? Int(bytes[at + 1]) << 8 : 0)
      text.append(alphabet[group >> 18])
      text.append(alphabet[group >> 12 & 63])
      text.append(left == 2 ? alphabet[group >> 6 & 63] : UInt8(ascii: "="))
      text.append(UInt8(ascii: "="))
    }
  }

  /// Nil when `text` is not canonical Base64.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let characters = text.dropLast(padding)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (group, bits) = (UInt32(0), UInt32(0))
    let isClean = values.withUnsafeBufferPointer { values in
      for character in characters {
        let value = values[Int(character)]
        guard value != 0xFF else { return false }
        group = group << 6 | UInt32(value)
        bits += 6
        if bits >= 8 {
          bits -= 8
          bytes.append(UInt8(truncatingIfNeeded: group >> bits))
          group &= 1 << bits - 1
        }
      }
      return true
    }
    return isClean && group == 0 ? bytes : nil
  }
}
