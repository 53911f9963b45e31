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
    let table = table.description
    let column = column.description
    // A programmer's error in a literal, which the first test that reaches it finds; two places could otherwise share bytes.
    precondition(!table.isEmpty && !table.utf8.contains(0x2E), "a table name is non-empty and has no dot")
    precondition(!column.isEmpty && !column.utf8.contains(0x2E), "a column name is non-empty and has no dot")
    associatedData = Array("\(table).\(column).\(row)".utf8)
  }
}
