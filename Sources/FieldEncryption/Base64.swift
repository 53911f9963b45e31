/// Base64 with the standard alphabet, decoded strictly: one text for each byte string, no white space.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  /// With `=` up to a multiple of four characters, or (PHC strings) without.
  static func encode(_ bytes: [UInt8], padded: Bool) -> String {
    String(decoding: characters(bytes, padded: padded), as: UTF8.self)
  }

  /// The same as bytes, which can be overwritten after use.
  static func characters(_ bytes: [UInt8], padded: Bool) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      bits <<= 8
      for position in 0..<4 {
        if position <= group.count {
          text.append(alphabet[Int(bits >> 26)])
        } else if padded {
          text.append(UInt8(ascii: "="))
        }
        bits <<= 6
      }
    }
    return text
  }

  /// Nil for anything that ``encode(_:padded:)`` would not have written.
  static func decode(_ text: some StringProtocol, padded: Bool) -> [UInt8]? {
    var characters = Array(text.utf8)
    defer { characters.cleanse() }
    if padded {
      guard characters.count.isMultiple(of: 4) else { return nil }
      for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
    }
    guard characters.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3 + 2)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for character in characters {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return bits == 0 ? bytes : nil
  }
}
