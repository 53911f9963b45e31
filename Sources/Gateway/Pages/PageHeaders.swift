import HTTPTypes

/// What browsers are told to forbid pages and their files, besides what every file has (`nosniff`). Pure.
enum PageHeaders {
  /// Nothing but this server's own files, no inline code or style, no frame around it, and no text that becomes markup or code.
  static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "manifest-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  static func of(_ kind: ConsoleFiles.Kind) -> HTTPFields {
    var headers = HTTPFields()
    func set(_ name: String, _ value: String) {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    set("Cross-Origin-Resource-Policy", "same-origin")
    set("Referrer-Policy", "no-referrer")
    // Both can be looked at by themselves: a picture is a document then.
    if kind == .page || kind == .picture {
      set("Content-Security-Policy", policy)
      set("Cross-Origin-Opener-Policy", "same-origin")
    }
    return headers
  }
}
