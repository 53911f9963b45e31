import ServiceQueue

/// A signed token in compact form (RFC 7515, section 7.1), taken apart and not yet believed. Pure.
///
/// Read strictly: three parts of canonical base64url without padding, the header a JSON object without duplicate members.
struct CompactJWS: Sendable {
  let header: JSONObject
  let payload: [UInt8]
  let signature: [UInt8]
  /// What the signature is over: the first two parts as they came.
  let signed: [UInt8]

  /// Nil for what is no such token.
  init?(_ token: [UInt8]) {
    let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64.url.decode(parts[0]), let payload = Base64.url.decode(parts[1]),
      let signature = Base64.url.decode(parts[2]), let members = (try? JSONScanner.parse(header))?.object
    else { return nil }
    self.header = members
    self.payload = payload
    self.signature = signature
    signed = Array(token[..<(parts[2].startIndex - 1)])
  }

  /// The payload's members; nil when it is no JSON object or names one twice.
  var claims: JSONObject? { (try? JSONScanner.parse(payload))?.object }
}
