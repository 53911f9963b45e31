import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

struct FieldVaultTests {
  let id = Samples.id(1)

  func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(
    arguments: [
      (nil, nil), (#"{"name":"Ann \"}\" Ä"}"#, nil), (nil, "{}"),
      (#"{ "a" : [1,{"b":"\\"},"]"] }"#, #"{"x":1.50e0,"y":"\u007d"}"#), ("{}", "{}"),
    ] as [(String?, String?)])
  func sealsAndOpensTheSameBytes(customer: String?, details: String?) throws {
    let vault = try FieldVault(keyset: Keyset.generate())
    let data = PersonalData(customer: customer.map(bytes), details: details.map(bytes))
    let sealed = try vault.seal(data, for: id)
    #expect(try vault.open(sealed, for: id) == data)
  }

  @Test func boundToTheServiceAndTheKeyset() throws {
    let vault = try FieldVault(keyset: Keyset.generate())
    let sealed = try vault.seal(PersonalData(customer: bytes(#"{"name":"Ann"}"#)), for: id)
    #expect(throws: FieldVaultError.self) { try vault.open(sealed, for: Samples.id(2)) }
    let other = try FieldVault(keyset: Keyset.generate())
    #expect(throws: FieldVaultError.self) { try other.open(sealed, for: id) }
    var changed = sealed.ciphertext
    changed[changed.count - 1] ^= 1
    let forged = SealedPersonalData(wrappedKey: sealed.wrappedKey, ciphertext: changed)
    #expect(throws: FieldVaultError.self) { try vault.open(forged, for: id) }
  }

  @Test func everyServiceHasItsOwnKey() throws {
    let vault = try FieldVault(keyset: Keyset.generate())
    let data = PersonalData(customer: bytes(#"{"name":"Ann"}"#))
    let one = try vault.seal(data, for: id)
    let two = try vault.seal(data, for: id)
    #expect(one.wrappedKey != two.wrappedKey && one.ciphertext != two.ciphertext)
    let mixed = SealedPersonalData(wrappedKey: one.wrappedKey, ciphertext: two.ciphertext)
    #expect(throws: FieldVaultError.self) { try vault.open(mixed, for: id) }
  }

  @Test func opensAfterRotation() throws {
    let keyset = try Keyset.generate()
    let sealed = try FieldVault(keyset: keyset).seal(PersonalData(details: bytes("{}")), for: id)
    let rotated = try FieldVault(keyset: keyset.rotated())
    #expect(try rotated.open(sealed, for: id) == PersonalData(details: bytes("{}")))
  }

  @Test(arguments: [
    "", "1", "[]", "{", "{}}", " {}", "{} ", #"{"a":1},"details":{}"#, #"{"a":"}"#, #"{"a":"\"#, "{]",
  ])
  func onlyOneWholeObjectIsSealed(text: String) throws {
    let vault = try FieldVault(keyset: Keyset.generate())
    #expect(throws: FieldVaultError(.notAnObject)) { try vault.seal(PersonalData(customer: bytes(text)), for: id) }
  }

  @Test(arguments: [
    "", "{", "{}x", #"{"customer":{}"#, #"{"customer":{},}"#, #"{"customer":{}"details":{}}"#, #"{"details":1}"#,
    #"{"details":{},"customer":{}}"#, #"{"other":{}}"#,
  ])
  func decodesOnlyWhatItWrites(text: String) {
    #expect(FieldVault.decode(bytes(text)) == nil)
  }

  @Test func errorsHoldNoData() throws {
    let vault = try FieldVault(keyset: Keyset.generate())
    #expect { try vault.seal(PersonalData(customer: bytes("{secret")), for: id) } throws: {
      !"\($0)".contains("secret")
    }
  }

  @Test func fingerprintsTellEqualFromDifferentUnderOneKeyset() throws {
    let keyset = try Keyset.generate()
    let vault = try FieldVault(keyset: keyset)
    let print = try vault.fingerprint(of: bytes("Nina"))
    #expect(print.utf8.count == 32)
    #expect(try print == FieldVault(keyset: keyset.rotated()).fingerprint(of: bytes("Nina")))
    #expect(try print != vault.fingerprint(of: bytes("Nino")))
    #expect(try print != FieldVault(keyset: Keyset.generate()).fingerprint(of: bytes("Nina")))
  }
}
