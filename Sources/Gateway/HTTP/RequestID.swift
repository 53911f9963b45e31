import HTTPTypes

/// The name of a request, by which its answer, its log lines and its audit entries are found again.
enum RequestID {
  static let header = HTTPField.Name("X-Request-Id")!
  /// Bytes of an id that a client gives.
  static let lengths = 1...128

  /// What the client or a proxy before us calls the request, if that is 1 to 128 of `A-Za-z0-9._-`: what else it might be would
  /// stand in logs.
  static func given(_ headers: HTTPFields) -> String? {
    guard let text = headers[header], lengths.contains(text.utf8.count), text.utf8.allSatisfy(isAllowed) else {
      return nil
    }
    return text
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
