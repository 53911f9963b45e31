/// Checks UTF-8 that comes in pieces (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF); the first byte that
/// cannot stand where it stands is found at once.
struct UTF8Check: Sendable {
  /// Continuation bytes that are still to come.
  private var missing: UInt8 = 0
  /// What the next of them may be: the second byte of some sequences is bounded further.
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  /// True when no character is cut.
  var isComplete: Bool { missing == 0 }

  /// The next piece; false when it cannot be part of UTF-8.
  mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if missing == 0, bytes.count - index >= 8 {
        // Eight of ASCII at a time.
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 == 0 {
          index += 8
          continue
        }
      }
      guard accepts(bytes[index]) else { return false }
      index += 1
    }
    return true
  }

  private mutating func accepts(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= low, byte <= high else { return false }
      missing -= 1
      (low, high) = (0x80, 0xBF)
      return true
    }
    switch byte {
    case 0x00...0x7F: break
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, low) = (2, 0xA0)
    case 0xE1...0xEC, 0xEE...0xEF: missing = 2
    case 0xED: (missing, high) = (2, 0x9F)
    case 0xF0: (missing, low) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, high) = (3, 0x8F)
    default: return false
    }
    return true
  }
}
