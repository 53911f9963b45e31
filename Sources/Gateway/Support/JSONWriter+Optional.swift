import ServiceQueue

extension JSONWriter {
  /// The text, or null.
  mutating func optional(_ text: String?) {
    if let text { string(text) } else { null() }
  }
}
