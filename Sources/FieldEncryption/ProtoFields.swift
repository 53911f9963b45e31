/// Reads the fields of one protobuf message, strictly: a field twice, a group, a fixed-width value, a number beyond 32 bits
/// or a cut-off message ends the reading with nil. Enough for Tink's keysets, and no more.
struct ProtoFields {
  private enum Value {
    case number(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private var fields: [UInt32: Value] = [:]

  /// Every length is checked against what is left, so no input reads out of bounds or loops for longer than its length.
  init?(_ message: ArraySlice<UInt8>) {
    var rest = message
    while !rest.isEmpty {
      guard let tag = Self.varint(&rest) else { return nil }
      let value: Value
      switch tag & 7 {
      case 0:
        guard let number = Self.varint(&rest) else { return nil }
        value = .number(number)
      case 2:
        guard let length = Self.varint(&rest), length <= rest.count else { return nil }
        value = .bytes(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
      default:
        return nil
      }
      guard tag >> 3 != 0, fields.updateValue(value, forKey: tag >> 3) == nil else { return nil }
    }
  }

  /// The number in field `field`, 0 (the default of protobuf) if it is absent, nil if it holds bytes.
  func number(_ field: UInt32) -> UInt32? {
    switch fields[field] {
    case nil: 0
    case .number(let number): number
    case .bytes: nil
    }
  }

  /// The bytes in field `field`, nil if it is absent or a number.
  func bytes(_ field: UInt32) -> ArraySlice<UInt8>? {
    if case .bytes(let bytes) = fields[field] { bytes } else { nil }
  }

  /// Whether only the fields in `known` occur.
  func hasOnly(_ known: ClosedRange<UInt32>) -> Bool { fields.keys.allSatisfy(known.contains) }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
    var value: UInt64 = 0
    for position in 0..<5 {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << (7 * UInt64(position))
      if byte < 0x80 { return UInt32(exactly: value) }
    }
    return nil
  }
}
