/// Tink's message of a key for HKDF as a pseudo-random function: our index key.
///
/// `HkdfPrfKey { uint32 version = 1; HkdfPrfParams params = 2 { HashType hash = 1; bytes salt = 2 }; bytes key_value = 3 }`,
/// of which we take SHA-256 without salt alone.
enum HKDFPrfKey {
  static let typeURL = "type.googleapis.com/google.crypto.tink.HkdfPrfKey"
  static let keyLength = 32
  // Tink numbers SHA256 with 3.
  private static let sha256: UInt32 = 3

  /// The caller overwrites it after use.
  static func encode(_ secret: SecretBytes) -> [UInt8] {
    var message: [UInt8] = [0x12, 0x02, 0x08, UInt8(sha256), 0x1A, UInt8(keyLength)]
    // Reserved in full: growing would leave copies of the key behind.
    message.reserveCapacity(message.count + keyLength)
    secret.withUnsafeBytes { message.append(contentsOf: $0) }
    return message
  }

  /// Nil unless it is a key of version 0 with 32 bytes, SHA-256 and no salt.
  static func decode(_ message: ArraySlice<UInt8>) -> SecretBytes? {
    guard let fields = ProtoFields(message), fields.hasOnly(1...3), fields.number(1) == 0,
      let parameterMessage = fields.bytes(2), let parameters = ProtoFields(parameterMessage),
      parameters.hasOnly(1...2), parameters.number(1) == sha256, parameters.bytes(2)?.isEmpty != false,
      let key = fields.bytes(3), key.count == keyLength
    else { return nil }
    return SecretBytes(copying: key)
  }
}
