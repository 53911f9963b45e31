import ServiceQueue

/// The header of an access token (RFC 9068): `{"alg":"EdDSA","typ":"at+jwt","kid":...}`, exactly these. Pure.
enum TokenHeader {
  private static let algorithm = "EdDSA"
  private static let type = "at+jwt"

  static func write(kid: String) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("alg")
      $0.string(algorithm)
      $0.key("typ")
      $0.string(type)
      $0.key("kid")
      $0.string(kid)
    }
    return json.bytes
  }

  /// The key that a header names; nil for a header that `write` would not have written, in whatever order. No further
  /// member is understood, so nothing can point to a key elsewhere (`jwk`, `jku`, `x5c`, `x5u`) or demand more (`crit`).
  static func kid(of header: JSONObject) -> String? {
    guard header.members.count == 3, header["alg"]?.string == algorithm, header["typ"]?.string == type else {
      return nil
    }
    return header["kid"]?.string
  }
}
