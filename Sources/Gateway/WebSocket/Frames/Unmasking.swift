/// Takes the mask off a client's payload (RFC 6455, section 5.3), eight bytes at a time.
enum Unmasking {
  /// Appends `bytes`; the lowest byte of `mask` is that of the first.
  static func append(_ bytes: UnsafeRawBufferPointer, to array: inout [UInt8], mask: UInt32) {
    let begun = array.count
    array.append(contentsOf: bytes)
    guard mask != 0 else { return }
    array.withUnsafeMutableBytes { unmask(UnsafeMutableRawBufferPointer(rebasing: $0[begun...]), mask) }
  }

  /// The mask for what comes after `count` bytes.
  static func rotated(_ mask: UInt32, by count: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: count & 3) * 8
    return bits == 0 ? mask : mask >> bits | mask << (32 - bits)
  }

  private static func unmask(_ bytes: UnsafeMutableRawBufferPointer, _ mask: UInt32) {
    let low = UInt32(littleEndian: mask)
    let wide = UInt64(low) << 32 | UInt64(low)
    var index = 0
    while index + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
      index += 8
    }
    while index < bytes.count {
      bytes[index] ^= UInt8(truncatingIfNeeded: mask >> UInt32((index & 7) * 8 % 32))
      index += 1
    }
  }
}
