import HTTPTypes
import Hummingbird

/// Conditional reading: RFC 9110, section 13.1.2. Pure.
enum EntityTags {
  /// The tags of an `If-None-Match`, each as it stands between its quotes; nil for `*`, which every answer matches. What comes
  /// behind something that is no tag is not looked at.
  static func tags(_ fields: [String]) -> [String]? {
    var tags = [String]()
    for field in fields {
      var rest = field[...]
      while true {
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
        if rest == "*" { return nil }
        // Weak and strong are alike here.
        rest.trimPrefix("W/")
        guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { break }
        tags.append(String(rest[rest.index(after: rest.startIndex)..<end]))
        rest = rest[rest.index(after: end)...]
      }
    }
    return tags
  }

  /// True when whoever sent these `If-None-Match` fields has what the tag names.
  static func match(_ tag: String, _ fields: [String]) -> Bool {
    guard !fields.isEmpty else { return false }
    guard let tags = tags(fields) else { return true }
    return tags.contains(String(tag.trimmingPrefix("W/").dropFirst().dropLast()))
  }

  /// The answer, or 304 in its place for a reader that has it. Only what was found and may be read gets here.
  static func condense(_ response: Response, for request: Request) -> Response {
    guard request.headers.contains(.ifNoneMatch), response.status == .ok,
      request.method == .get || request.method == .head, let tag = response.headers[.eTag],
      match(tag, request.headers[values: .ifNoneMatch])
    else { return response }
    var headers = response.headers
    for name: HTTPField.Name in [.contentType, .contentLength, .contentEncoding] { headers[name] = nil }
    var condensed = Response(status: .notModified, headers: headers)
    // A length here would be that of the answer that is not sent.
    condensed.headers[.contentLength] = nil
    return condensed
  }
}

extension HTTPFields {
  /// Tells caches that the answer also depends on this field of the request.
  mutating func vary(on name: HTTPField.Name) {
    guard let known = self[.vary] else { return self[.vary] = name.rawName }
    let names = known.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() }
    guard !names.contains(name.canonicalName), !names.contains("*") else { return }
    self[.vary] = "\(known), \(name.rawName)"
  }
}
