/// A media type such as `application/json; charset=utf-8`, as far as Usher asks: what it is, and that it is UTF-8. Pure.
struct MediaType: Hashable {
  /// Type and subtype, in lower case.
  let name: String
  /// In lower case; nil where none is said.
  let charset: String?

  /// Lenient: what is no media type has a name that is none of those known.
  init(_ text: String) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    name = Self.trimmed(parts.first ?? "")
    charset =
      parts.dropFirst().map { Self.trimmed($0) }.first { $0.hasPrefix("charset=") }
      .map { $0.dropFirst(8).filter { $0 != "\"" } }
  }

  /// True where it says nothing.
  var isEmpty: Bool { name.isEmpty }

  /// JSON by RFC 8259 or by a structured suffix (RFC 6839).
  var isJSON: Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return false }
    return name == "application/json" || name == "text/json" || (parts[1].hasSuffix("+json") && parts[1].count > 5)
  }

  /// JSON is UTF-8, of which ASCII is a part.
  var isUTF8: Bool { charset.map { ["utf-8", "utf8", "us-ascii"].contains($0) } ?? true }

  private static func trimmed(_ text: Substring) -> String {
    text.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}
