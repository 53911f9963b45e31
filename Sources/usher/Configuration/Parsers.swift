import Foundation
import RedisBroker

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

  /// The site's name stands in every Redis key.
  static func site(_ text: String) -> String? { BrokerConfiguration.isSite(text) ? text : nil }

  /// 1 to 255 printable characters of ASCII, without space.
  static func word(_ text: String) -> String? {
    (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
  }

  /// A path of at most 4,096 bytes.
  static func path(_ text: String) -> String? { text.utf8.count <= 4_096 ? text : nil }
}
