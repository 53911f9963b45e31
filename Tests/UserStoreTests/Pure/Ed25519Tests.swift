import FieldEncryption
import Testing

struct Ed25519Tests {
  /// RFC 8032, section 7.1, tests 1 and 2.
  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    ),
  ])
  func knownAnswers(privateKey: String, publicKey: String) throws {
    #expect(try Ed25519.publicKey(of: Self.bytes(privateKey)) == Self.bytes(publicKey))
  }

  @Test(arguments: [0, 31, 33])
  func onlyThirtyTwoBytes(length: Int) {
    #expect(throws: LibcryptoError.self) { try Ed25519.publicKey(of: [UInt8](repeating: 1, count: length)) }
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
