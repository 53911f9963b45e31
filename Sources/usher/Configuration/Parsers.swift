import Foundation

/// A place to listen, `HOST:PORT`; an IPv6 address stands in brackets.
struct ListenAddress: Sendable, CustomStringConvertible {
  let host: String
  let port: Int

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
    self.host = host
    self.port = port
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

enum Parse {
  /// A whole number in `range`.
  static func integer(_ range: ClosedRange<Int>) -> (String) -> Int? {
    { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
  }

  /// A comma-separated list of what `element` takes; blanks around elements are ignored, an empty list is one.
  static func list<Element>(_ element: @escaping (String) -> Element?) -> (String) -> [Element]? {
    { text in
      let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      let parsed = parts.compactMap(element)
      return parsed.count == parts.count ? parsed : nil
    }
  }

  /// A word of `a-z0-9-_`, up to 32 characters: the site's name stands in every Redis key.
  static func site(_ text: String) -> String? {
    let allowed = text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    return allowed && (1...32).contains(text.utf8.count) ? text : nil
  }

  /// A path of at most 4,096 bytes.
  static func path(_ text: String) -> String? { text.utf8.count <= 4_096 ? text : nil }
}
