/// The name of a queue: 1 to 64 characters, lower-case letters, digits, `-` and `_`, beginning with a letter or digit.
public struct QueueName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The name as written in Redis keys, channels, paths and JSON.
  public let rawValue: String

  /// Nil when `rawValue` is not a queue name.
  public init?(_ rawValue: String) {
    let bytes = rawValue.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, first.isLowerAlphanumeric,
      bytes.allSatisfy({ $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.rawValue = rawValue
  }

  /// The raw value.
  public var description: String { rawValue }

  /// The natural order.
  public static func < (a: QueueName, b: QueueName) -> Bool { a.rawValue < b.rawValue }
}

/// The id of a service: a UUID (RFC 9562), version 7 when Usher made it, in lower-case canonical text.
public struct ServiceID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// 36 characters, lower case.
  public let rawValue: String

  /// Nil when `text` is not a UUID in canonical form. Upper case is folded.
  public init?(_ text: String) {
    guard text.utf8.count == 36 else { return nil }
    var offset = 0
    var isFolded = true
    for byte in text.utf8 {
      switch offset {
      case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
      default:
        guard byte.isHexDigit else { return nil }
        if byte < UInt8(ascii: "a") && byte > UInt8(ascii: "9") { isFolded = false }
      }
      offset += 1
    }
    self.rawValue = isFolded ? text : text.lowercased()
  }

  /// The raw value.
  public var description: String { rawValue }

  /// The natural order.
  public static func < (a: ServiceID, b: ServiceID) -> Bool { a.rawValue < b.rawValue }
}

/// The counter of a queue, one more with each change, no gaps; 0 is a queue nothing has happened to yet.
public typealias QueueVersion = UInt64

extension UInt8 {
  /// `0-9`, `a-z`.
  @usableFromInline var isLowerAlphanumeric: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
  /// `0-9`, `a-f`, `A-F`.
  @usableFromInline var isHexDigit: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(self)
  }
}
