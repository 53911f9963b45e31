/// Makes UUIDs of version 7 (RFC 9562, section 5.7) that strictly ascend within one generator.
///
/// 48 bits of Unix milliseconds, then a 12-bit counter in `rand_a` for ids of one millisecond (method 1 of section
/// 6.2), then 62 random bits. When the counter runs over, or the clock goes back, the last millisecond is
/// carried on and, if need be, advanced. A value type: its owner serialises access.
public struct UUIDv7Generator: Sendable {
  private var milliseconds: UInt64 = 0
  private var counter: UInt16 = 0

  /// A generator that has made nothing yet.
  public init() {}

  /// The next id for the time `now`, in Unix milliseconds.
  public mutating func next(now: Timestamp, using random: inout some RandomNumberGenerator) -> ServiceID {
    let time = UInt64(max(0, now.milliseconds)) & 0xFFFF_FFFF_FFFF
    if time > milliseconds {
      milliseconds = time
      counter = UInt16.random(in: 0..<1024, using: &random)
    } else if counter < 0xFFF {
      counter += 1
    } else {
      milliseconds += 1
      counter = 0
    }
    let high = milliseconds << 16 | 0x7000 | UInt64(counter)
    let low = UInt64.random(in: 0...UInt64.max, using: &random) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return ServiceID(uuid: high, low)
  }
}

extension ServiceID {
  /// The canonical text of the 128 bits `high`, `low`.
  init(uuid high: UInt64, _ low: UInt64) {
    var text = [UInt8]()
    text.reserveCapacity(36)
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
      let word = index < 16 ? high : low
      let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)) & 0xF
      text.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
    }
    self.init(trusted: String(decoding: text, as: UTF8.self))
  }

  /// Without checks: `text` is known to be canonical.
  init(trusted text: String) { self.rawValue = text }
}
