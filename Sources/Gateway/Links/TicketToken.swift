import FieldEncryption
import ServiceQueue

/// The tokens of ticket links: 128 bits of a keyed hash over site and service. Nothing is kept of them: whoever has the keyset can tell
/// a good one, and nobody else can make one. They stay good through every rotation, as the keyset's index key does. Pure.
struct TicketToken: Sendable {
  /// What anyone but the customer and who gave the link must not know: 22 characters of base64url.
  let text: String

  /// The token for the service `id` of `site`; throws `internal` when libcrypto refuses.
  init(for id: ServiceID, site: String, by vault: any PersonalDataVault) throws(GatewayError) {
    guard let hash = try? vault.fingerprint(of: Array("ticket link\n\(site)\n\(id)".utf8)),
      let bytes = Self.bytes(hash)
    else { throw .internal }
    text = Base64.url.encode(bytes)
  }

  /// Whether this is the token; takes as long for any of its length.
  func isSame(as presented: String) -> Bool { ConstantTime.equal(Array(presented.utf8), Array(text.utf8)) }

  /// The first 16 bytes of what stands there in hexadecimal digits; nil for anything else.
  private static func bytes(_ digits: String) -> [UInt8]? {
    let values = digits.prefix(32).compactMap(\.hexDigitValue)
    guard values.count == 32 else { return nil }
    return stride(from: 0, to: 32, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}
