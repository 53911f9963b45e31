import FieldEncryption
import Testing

@testable import UserStore

struct RewrapBatchTests {
  private let column = SealedColumn.all[0]

  @Test func onlyWhatNeedsItIsSealedAnew() throws {
    let keyset = try Keyset.generate()
    let aead = try AEAD(keyset)
    let old = try aead.seal([1, 2], associatedData: column.place("b"))
    try aead.replace(with: try keyset.rotated())
    let batch = try RewrapBatch([("a", nil), ("b", old), ("c", [9]), ("d", nil)], of: column, with: aead)
    #expect(batch.rows == ["b"] && batch.old == [old] && batch.unreadable == 1 && batch.seen == 2)
    #expect(batch.position == "d" && !batch.isLast)
    #expect(AEAD.keyID(of: batch.new[0]) == aead.primaryKeyID)
    #expect(try aead.open(batch.new[0], associatedData: column.place("b")) == [1, 2])
  }

  /// A value from another row is not made good by sealing it anew in the wrong one.
  @Test func aMovedValueStaysUnreadable() throws {
    let keyset = try Keyset.generate()
    let aead = try AEAD(keyset)
    let moved = try aead.seal([1], associatedData: column.place("a"))
    try aead.replace(with: try keyset.rotated())
    let batch = try RewrapBatch([("b", moved)], of: column, with: aead)
    #expect(batch.rows.isEmpty && batch.unreadable == 1)
  }

  @Test func anEmptyWindowIsTheLast() throws {
    let batch = try RewrapBatch([], of: column, with: AEAD(Keyset.generate()))
    #expect(batch.isLast && batch.rows.isEmpty)
  }

  @Test func everyColumnHasAPlaceOfItsOwn() {
    #expect(Set(SealedColumn.all.map(\.name)).count == SealedColumn.all.count)
    #expect(SealedColumn.all[0].place("7") == Array("users.email.7".utf8))
  }
}
