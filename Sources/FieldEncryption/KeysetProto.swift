/// The two protobuf messages of Tink that we need, written and read by hand.
///
/// `AesGcmKey { uint32 version = 1; bytes key_value = 3 }` and
/// `Keyset { uint32 primary_key_id = 1; repeated Key key = 2 }` with
/// `Key { KeyData key_data = 1; status = 2; uint32 key_id = 3; output_prefix_type = 4 }` and
/// `KeyData { string type_url = 1; bytes value = 2; key_material_type = 3 }`.
enum KeysetProto {
  static let typeURL = "type.googleapis.com/google.crypto.tink.AesGcmKey"
  // Tink numbers ENABLED, TINK and SYMMETRIC all with 1.
  private static let one: UInt8 = 1
  private static let typeURLBytes = Array(typeURL.utf8)
  private static let aesKeyLength = 2 + KeyedCipher.keyLength
  private static let keyDataLength = 2 + typeURLBytes.count + 2 + aesKeyLength + 2

  /// An `AesGcmKey`; the caller overwrites it after use.
  static func encodeAESKey(_ secret: SecretBytes) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(aesKeyLength)
    appendAESKey(secret, to: &message)
    return message
  }

  /// A `Keyset` of one enabled key; the caller overwrites it after use.
  static func encode(id: UInt32, secret: SecretBytes) -> [UInt8] {
    let keyLength = 2 + keyDataLength + 2 + 1 + varintLength(id) + 2
    var message: [UInt8] = []
    // Reserved in full: growing would leave copies of the key behind.
    message.reserveCapacity(1 + varintLength(id) + 2 + keyLength)
    message.append(0x08)
    appendVarint(id, to: &message)
    message.append(0x12)
    message.append(UInt8(keyLength))
    message.append(0x0A)
    message.append(UInt8(keyDataLength))
    message.append(0x0A)
    message.append(UInt8(typeURLBytes.count))
    message.append(contentsOf: typeURLBytes)
    message.append(0x12)
    message.append(UInt8(aesKeyLength))
    appendAESKey(secret, to: &message)
    message.append(0x18)
    message.append(one)
    message.append(0x10)
    message.append(one)
    message.append(0x18)
    appendVarint(id, to: &message)
    message.append(0x20)
    message.append(one)
    return message
  }

  /// Nil unless it is an `AesGcmKey` of version 0 with 32 bytes.
  static func decodeAESKey(_ message: ArraySlice<UInt8>) -> SecretBytes? {
    guard let fields = ProtoFields(message), fields.hasOnly(1...3), fields.number(2) == 0, fields.number(1) == 0,
      let key = fields.bytes(3), key.count == KeyedCipher.keyLength
    else { return nil }
    return SecretBytes(copying: key)
  }

  /// Nil unless it is a `Keyset` of exactly one AES-256-GCM key, enabled and primary, with Tink's prefix.
  static func decode(_ message: [UInt8]) -> (id: UInt32, secret: SecretBytes)? {
    guard let keyset = ProtoFields(message[...]), keyset.hasOnly(1...2), let id = keyset.number(1), id != 0,
      let keyMessage = keyset.bytes(2), let key = ProtoFields(keyMessage), key.hasOnly(1...4),
      key.number(2) == UInt32(one), key.number(3) == id, key.number(4) == UInt32(one),
      let dataMessage = key.bytes(1), let data = ProtoFields(dataMessage), data.hasOnly(1...3),
      data.bytes(1)?.elementsEqual(typeURLBytes) == true, data.number(3) == UInt32(one),
      let value = data.bytes(2), let secret = decodeAESKey(value)
    else { return nil }
    return (id, secret)
  }

  private static func appendAESKey(_ secret: SecretBytes, to message: inout [UInt8]) {
    message.append(0x1A)
    message.append(UInt8(secret.count))
    secret.withUnsafeBytes { message.append(contentsOf: $0) }
  }

  private static func varintLength(_ value: UInt32) -> Int {
    max(1, (UInt32.bitWidth - value.leadingZeroBitCount + 6) / 7)
  }

  private static func appendVarint(_ value: UInt32, to message: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      message.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    message.append(UInt8(rest))
  }
}
