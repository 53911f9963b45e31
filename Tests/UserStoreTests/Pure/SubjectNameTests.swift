import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

struct SubjectNameTests {
  @Test func threeMembersOfACustomer() throws {
    let customer = #"{"name":"Ann","id":4711,"email":"A@b.c","phone":"+1 23","mobile":"+1 24","x":null}"#
    let terms = try SubjectName.terms(in: Array(customer.utf8))
    #expect(terms == [.identifier("4711"), .email("A@b.c"), .phone("+1 23")])
    #expect(try SubjectName.terms(in: Array(#"{"id":null,"email":true}"#.utf8)).isEmpty)
  }

  @Test func whatANameMayMean() {
    #expect(SubjectName.all(of: nil).count == 3 && SubjectName.all(of: .service).isEmpty)
    #expect(SubjectName.all(of: .email) == [.email])
  }

  @Test func whatIsReadOfAService() throws {
    let keyset = try Keyset.generate()
    let vault = try FieldVault(keyset: keyset)
    let reader = try SubjectReader(try AEAD(keyset), vault: vault)
    let id = Samples.id(1)
    let both = try vault.seal(PersonalData(customer: Array(#"{"id":"7","email":"a@b.c"}"#.utf8)), for: id)
    #expect(reader.packed(both, of: id)?.count == 2 * BlindIndex.length)
    #expect(reader.packed(try vault.seal(PersonalData(details: Array("{}".utf8)), for: id), of: id) == [])
    #expect(reader.packed(nil, of: id) == nil && reader.packed(both, of: Samples.id(2)) == nil)
  }

  @Test func cursors() {
    let text = "123.\(Samples.id(7))"
    #expect(ErasureCursor(text: text)?.text == text)
    for text in ["", "1", "1.", ".x", "1.2.3"] { #expect(ErasureCursor(text: text) == nil) }
  }
}
