import ServiceQueue

/// PostgreSQL's binary representation of the types in use: big endian, lengths in front. Decoding checks every length.
enum BinaryFormat {
  /// Milliseconds between 1970-01-01 and 2000-01-01, where PostgreSQL's microseconds begin.
  static let epochShift: Int64 = 946_684_800_000

  static func encode(_ value: Int64) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  /// Moments beyond what PostgreSQL can hold are cut to its ends.
  static func encode(_ moment: Timestamp) -> [UInt8] {
    let (shifted, overflow) = moment.milliseconds.subtractingReportingOverflow(epochShift)
    let bounded = overflow ? Int64.min : shifted
    // 4714 BC to 294276 AD, in milliseconds since 2000.
    return encode(min(max(bounded, -211_813_488_000_000), 9_223_371_331_199_999) * 1000)
  }

  static func encode(array elements: [[UInt8]?], of type: SQLType) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(elements.reduce(20) { $0 + 4 + ($1?.count ?? 0) })
    out.append(bigEndian: elements.isEmpty ? 0 : 1)
    out.append(bigEndian: elements.contains { $0 == nil } ? 1 : 0)
    out.append(bigEndian: Int32(bitPattern: type.rawValue))
    guard !elements.isEmpty else { return out }
    out.append(bigEndian: Int32(clamping: elements.count))
    out.append(bigEndian: 1)
    for element in elements {
      if let element {
        out.append(bigEndian: Int32(clamping: element.count))
        out.append(contentsOf: element)
      } else {
        out.append(bigEndian: -1)
      }
    }
    return out
  }

  static func decodeInt(_ bytes: ArraySlice<UInt8>) -> Int64? {
    switch bytes.count {
    case 8: Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    case 4: Int64(Int32(bitPattern: bytes.reduce(0) { $0 << 8 | UInt32($1) }))
    default: nil
    }
  }

  /// Microseconds below a millisecond are cut off.
  static func decodeTimestamp(_ bytes: ArraySlice<UInt8>) -> Timestamp? {
    guard bytes.count == 8, let microseconds = decodeInt(bytes) else { return nil }
    let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1000)
    return Timestamp(milliseconds: (remainder < 0 ? quotient - 1 : quotient) + epochShift)
  }

  /// The elements of a one-dimensional (or empty) array; nil if it is anything else.
  static func decodeArray(_ bytes: ArraySlice<UInt8>, of type: SQLType) -> [[UInt8]?]? {
    var rest = bytes
    guard let dimensions = rest.popInt32(), rest.popInt32() != nil,
      rest.popInt32() == Int32(bitPattern: type.rawValue)
    else { return nil }
    guard dimensions == 1 else { return dimensions == 0 && rest.isEmpty ? [] : nil }
    guard let count = rest.popInt32(), rest.popInt32() != nil, count >= 0, Int(count) * 4 <= rest.count else {
      return nil
    }
    var elements: [[UInt8]?] = []
    elements.reserveCapacity(Int(count))
    for _ in 0..<count {
      guard let length = rest.popInt32() else { return nil }
      guard length >= 0 else {
        elements.append(nil)
        continue
      }
      guard length <= rest.count else { return nil }
      elements.append(Array(rest.prefix(Int(length))))
      rest = rest.dropFirst(Int(length))
    }
    return rest.isEmpty ? elements : nil
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian value: Int32) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func popInt32() -> Int32? {
    guard count >= 4 else { return nil }
    let value = prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    self = dropFirst(4)
    return Int32(bitPattern: value)
  }
}
