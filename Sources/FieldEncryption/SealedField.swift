/// Names the place that a sealed value belongs to, so that it opens nowhere else.
public struct SealedField: Sendable {
  /// The UTF-8 bytes of `table.column.row`: the three joined by one "." (0x2E), nothing escaped, no terminator.
  ///
  /// The first two dots are the separators, as neither table nor column may contain one; the row may. For example table
  /// `services`, column `customer`, row `0192...` give `services.customer.0192...`. The row enters as it is: no Unicode
  /// normalisation, no change of case, so write ids in one canonical form (UUIDs in lower case).
  public let associatedData: [UInt8]

  /// Table and column are literals: non-empty and without ".", checked when first reached.
  public init(table: StaticString, column: StaticString, row: String) {
    var bytes = [UInt8]()
    bytes.reserveCapacity(table.utf8CodeUnitCount + column.utf8CodeUnitCount + row.utf8.count + 2)
    for name in [table, column] {
      name.withUTF8Buffer { name in
        // A programmer's error in a literal, which the first test that reaches it finds; two places could otherwise share bytes.
        precondition(!name.isEmpty && !name.contains(0x2E), "a table's or column's name is non-empty and has no dot")
        bytes.append(contentsOf: name)
      }
      bytes.append(0x2E)
    }
    bytes.append(contentsOf: row.utf8)
    associatedData = bytes
  }
}
