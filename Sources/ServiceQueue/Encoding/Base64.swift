/// Base64 of RFC 4648, written canonically and read strictly: one text for each byte string, nothing else in it.
public struct Base64: Sendable {
  private let alphabet: [UInt8]
  private let values: [UInt8]
  private let isPadded: Bool

  /// Section 4: `+`, `/`, and `=` up to a multiple of four characters.
  public static let standard = Base64(last: "+/", isPadded: true)
  /// Section 5: `-`, `_`, no padding.
  public static let url = Base64(last: "-_", isPadded: false)

  private init(last: String, isPadded: Bool) {
    let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    self.alphabet = alphabet
    self.values = values
    self.isPadded = isPadded
  }

  /// The text of `bytes`.
  public func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the text of `bytes`, in ASCII.
  public func append(_ bytes: [UInt8], to text: inout [UInt8]) {
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
      if left == 2 { text.append(alphabet[group >> 6 & 63]) }
      if isPadded { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - left)) }
    }
  }

  /// The bytes of `text`; nil for anything that `encode` would not have written.
  public func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)[...]) }

  /// The bytes of `text` in ASCII; nil for anything that `append` would not have written.
  public func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var characters = text
    if isPadded {
      guard text.count % 4 == 0 else { return nil }
      characters = text.dropLast(text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count)
    }
    guard characters.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3 + 2)
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
        }
        group &= 1 << bits - 1
      }
      return true
    }
    // Bits that no byte takes must be zero, or two texts would mean one value.
    return isClean && group == 0 ? bytes : nil
  }
}
