/// SHA-1 (FIPS 180-4), for the digest and for the names of keys in Redis: it is the hash that Redis' scripts offer. Not
/// where a collision would help a forger.
public enum SHA1 {
  /// The hash of `message` as 40 lower-case hexadecimal digits.
  public static func hexadecimal(_ message: [UInt8]) -> String {
    let words = words(message)
    return String(unsafeUninitializedCapacity: 8 * words.count) { text in
      for index in 0..<(8 * words.count) {
        let value = UInt8(truncatingIfNeeded: words[index / 8] >> UInt32(28 - index % 8 * 4)) & 15
        text[index] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
      }
      return 8 * words.count
    }
  }

  static func hash(_ message: [UInt8]) -> [UInt8] {
    words(message).flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
  }

  /// The five words of the hash.
  static func words(_ message: [UInt8]) -> [UInt32] {
    // The message, a bit that is set, zeros, and its length in bits: whole blocks of 64 bytes.
    let length = (message.count + 72) / 64 * 64
    return withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { padded in
      padded.copyBytes(from: message)
      padded[message.count] = 0x80
      for index in (message.count + 1)..<(length - 8) { padded[index] = 0 }
      padded.storeBytes(of: (UInt64(message.count) * 8).bigEndian, toByteOffset: length - 8, as: UInt64.self)
      var state = State()
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
        for block in stride(from: 0, to: length, by: 64) {
          state.take(UnsafeRawBufferPointer(rebasing: padded[block..<(block + 64)]), schedule)
        }
      }
      return [state.a, state.b, state.c, state.d, state.e]
    }
  }

  private struct State {
    var a: UInt32 = 0x6745_2301
    var b: UInt32 = 0xEFCD_AB89
    var c: UInt32 = 0x98BA_DCFE
    var d: UInt32 = 0x1032_5476
    var e: UInt32 = 0xC3D2_E1F0

    /// Takes a block of 64 bytes in; `w` is room for 80 words.
    mutating func take(_ block: UnsafeRawBufferPointer, _ w: UnsafeMutableBufferPointer<UInt32>) {
      for t in 0..<16 { w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)) }
      for t in 16..<80 { w[t] = SHA1.rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1) }
      var next = self
      for t in 0..<20 { next.step((next.b & next.c) | (~next.b & next.d), 0x5A82_7999, w[t]) }
      for t in 20..<40 { next.step(next.b ^ next.c ^ next.d, 0x6ED9_EBA1, w[t]) }
      for t in 40..<60 {
        next.step((next.b & next.c) | (next.b & next.d) | (next.c & next.d), 0x8F1B_BCDC, w[t])
      }
      for t in 60..<80 { next.step(next.b ^ next.c ^ next.d, 0xCA62_C1D6, w[t]) }
      (a, b, c, d, e) = (a &+ next.a, b &+ next.b, c &+ next.c, d &+ next.d, e &+ next.e)
    }

    private mutating func step(_ f: UInt32, _ k: UInt32, _ w: UInt32) {
      let first = SHA1.rotate(a, 5) &+ f &+ e &+ k &+ w
      (e, d, c, b, a) = (d, c, SHA1.rotate(b, 30), a, first)
    }
  }

  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x &<< n | x &>> (32 &- n) }
}
