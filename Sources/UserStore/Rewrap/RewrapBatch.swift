import FieldEncryption

/// A window of a sealed column, sealed anew. Pure but for the keys.
struct RewrapBatch: Sendable {
  /// The rows to change, each with the value that it must still have and the one that it gets.
  private(set) var rows: [String] = []
  private(set) var old: [[UInt8]] = []
  private(set) var new: [[UInt8]] = []
  /// Values that no enabled key opens; they stay as they are.
  private(set) var unreadable = 0
  /// The last row of the window; nil when there was none.
  let position: String?
  /// Values found under other keys.
  var seen: Int { rows.count + unreadable }
  /// Nothing comes behind this window.
  var isLast: Bool { position == nil }

  /// `found`: the window's rows in order, with the values that need it.
  init(_ found: [(row: String, value: [UInt8]?)], of column: SealedColumn, with aead: AEAD) throws(UserStoreError) {
    position = found.last?.row
    for (row, value) in found {
      guard let value else { continue }
      let place = column.place(row)
      do {
        var plain = try aead.open(value, associatedData: place)
        defer { plain.cleanse() }
        new.append(try aead.seal(plain, associatedData: place))
        rows.append(row)
        old.append(value)
      } catch AEADError.library(let error) {
        throw UserStoreError(.internal, error.description)
      } catch {
        unreadable += 1
      }
    }
  }
}
