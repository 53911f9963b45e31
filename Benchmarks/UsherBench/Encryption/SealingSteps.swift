import Crypto
import FieldEncryption
import Foundation
import ServiceQueue
import UserStore

/// Sealing and opening a text of one size, in every way that is compared.
struct SealingSteps {
  /// The names of the ways, which are columns of the table.
  enum Way: String, CaseIterable {
    case cipher = "cipher, nonce given"
    case aead = "AEAD (+ nonce)"
    case vault = "vault (+ data key)"
    case swiftCryptoNonce = "swift-crypto, nonce given"
    case swiftCrypto = "swift-crypto"
    case floor = "loop of C"
    case openssl = "openssl speed"
  }

  /// How long associated data are: a table, a column and a UUID.
  static let associatedLength = 54

  let all: [EncryptionStep]

  init(keyset: Keyset, size: Int) throws {
    let sealing = EncryptionResults.name(.sealing)
    let opening = EncryptionResults.name(.opening)
    let place = try SecureRandom.bytes(Self.associatedLength)
    let plain = try SecureRandom.bytes(size)
    let keyBytes = try SecureRandom.bytes(32)
    let nonceBytes = try SecureRandom.bytes(KeyedCipher.nonceLength)
    let cipher = CipherBox(KeyedCipher(id: 1, key: SecretBytes(copying: keyBytes)))
    let sealedByCipher = try cipher.cipher.seal(plain, associatedData: place, fixedNonce: nonceBytes)

    let aead = try AEAD(keyset)
    let sealedByAEAD = try aead.seal(plain, associatedData: place)
    try Self.check(aead, sealedByAEAD, opensTo: plain, place)

    let vault = try FieldVault(keyset: keyset)
    var ids = UUIDv7Generator()
    var random = SystemRandomNumberGenerator()
    let id = ids.next(now: Timestamp(milliseconds: 1_767_225_600_000), using: &random)
    let personal = PersonalData(details: Self.object(size))
    let record = try vault.seal(personal, for: id)
    guard try vault.open(record, for: id) == personal else { throw BenchError("a sealed record opens to another one") }

    let key = SymmetricKey(data: keyBytes)
    let nonce = try AES.GCM.Nonce(data: nonceBytes)
    let box = try AES.GCM.SealedBox(combined: sealedByCipher.dropFirst(KeyedCipher.prefixLength))
    guard try Array(AES.GCM.open(box, using: key, authenticating: place)) == plain else {
      throw BenchError("swift-crypto opens what we sealed to other bytes; this is a bug")
    }

    all = [
      .repeated(sealing(.cipher), bytes: size) {
        try cipher.cipher.seal(plain, associatedData: place, fixedNonce: nonceBytes).count
      },
      .repeated(sealing(.aead), bytes: size) { try aead.seal(plain, associatedData: place).count },
      .repeated(sealing(.vault), bytes: size) { try vault.seal(personal, for: id).ciphertext.count },
      .repeated(sealing(.swiftCryptoNonce), bytes: size) {
        try AES.GCM.seal(plain, using: key, nonce: nonce, authenticating: place).ciphertext.count
      },
      .repeated(sealing(.swiftCrypto), bytes: size) {
        try AES.GCM.seal(plain, using: key, authenticating: place).ciphertext.count
      },
      .floor(sealing(.floor), bytes: size, associated: Self.associatedLength, opens: false),
      .opensslSpeed(sealing(.openssl), bytes: size),
      .repeated(opening(.cipher), bytes: size) { try cipher.cipher.open(sealedByCipher, associatedData: place).count },
      .repeated(opening(.aead), bytes: size) { try aead.open(sealedByAEAD, associatedData: place).count },
      .repeated(opening(.vault), bytes: size) { try vault.open(record, for: id).details?.count ?? 0 },
      .repeated(opening(.swiftCrypto), bytes: size) { try AES.GCM.open(box, using: key, authenticating: place).count },
      .floor(opening(.floor), bytes: size, associated: Self.associatedLength, opens: true),
    ]
  }

  /// So that closures can share it.
  private final class CipherBox {
    var cipher: KeyedCipher
    init(_ cipher: consuming KeyedCipher) { self.cipher = cipher }
  }

  /// A JSON object of `size` bytes.
  private static func object(_ size: Int) -> [UInt8] {
    Array(#"{"note":""#.utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: size - 11) + Array(#""}"#.utf8)
  }

  private static func check(_ aead: AEAD, _ sealed: [UInt8], opensTo plain: [UInt8], _ place: [UInt8]) throws {
    guard try aead.open(sealed, associatedData: place) == plain else {
      throw BenchError("sealed bytes open to others; this is a bug")
    }
    var changed = sealed
    changed[changed.count / 2] ^= 1
    guard (try? aead.open(changed, associatedData: place)) == nil else {
      throw BenchError("changed bytes open; this is a bug")
    }
  }
}
