import Foundation
import RedisBroker

enum Parse {
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
}
