import ServiceQueue

/// What a statement answered: rows of cells in binary format, copied out of libpq into one buffer.
struct SQLResult: Sendable {
  /// A cell's place in `bytes`; negative length for NULL.
  struct Cell: Sendable {
    let offset: Int
    let length: Int
  }

  let columns: Int
  let bytes: [UInt8]
  let cells: [Cell]

  static let empty = SQLResult(columns: 0, bytes: [], cells: [])

  var rowCount: Int { columns == 0 ? 0 : cells.count / columns }
  var rows: [SQLRow] { (0..<rowCount).map { SQLRow(result: self, row: $0) } }
  var first: SQLRow? { rowCount == 0 ? nil : SQLRow(result: self, row: 0) }
}

/// One row. A getter throws `.unreadable` when the column is NULL or of another type: the statement and its reader
/// disagree, which is a bug or a foreign schema.
struct SQLRow: Sendable {
  let result: SQLResult
  let row: Int

  /// The bytes of column `column` (from 0); nil for NULL.
  func raw(_ column: Int) throws(SQLFailure) -> ArraySlice<UInt8>? {
    guard column < result.columns else { throw .unreadable(column: column) }
    let cell = result.cells[row * result.columns + column]
    return cell.length < 0 ? nil : result.bytes[cell.offset..<cell.offset + cell.length]
  }

  func text(_ column: Int) throws(SQLFailure) -> String { try value(column, of: optionalText) }
  func bytes(_ column: Int) throws(SQLFailure) -> [UInt8] { try value(column, of: optionalBytes) }
  func timestamp(_ column: Int) throws(SQLFailure) -> Timestamp { try value(column, of: optionalTimestamp) }

  func int(_ column: Int) throws(SQLFailure) -> Int64 {
    guard let raw = try raw(column), let value = BinaryFormat.decodeInt(raw) else { throw .unreadable(column: column) }
    return value
  }

  func optionalInt(_ column: Int) throws(SQLFailure) -> Int64? {
    guard let raw = try raw(column) else { return nil }
    guard let value = BinaryFormat.decodeInt(raw) else { throw .unreadable(column: column) }
    return value
  }

  func bool(_ column: Int) throws(SQLFailure) -> Bool {
    guard let raw = try raw(column), raw.count == 1 else { throw .unreadable(column: column) }
    return raw.first == 1
  }

  func optionalText(_ column: Int) throws(SQLFailure) -> String? {
    try raw(column).map { String(decoding: $0, as: UTF8.self) }
  }

  func optionalBytes(_ column: Int) throws(SQLFailure) -> [UInt8]? {
    try raw(column).map(Array.init)
  }

  func optionalTimestamp(_ column: Int) throws(SQLFailure) -> Timestamp? {
    guard let raw = try raw(column) else { return nil }
    guard let value = BinaryFormat.decodeTimestamp(raw) else { throw .unreadable(column: column) }
    return value
  }

  func optionalTexts(_ column: Int) throws(SQLFailure) -> [String]? {
    guard let raw = try raw(column) else { return nil }
    guard let values = BinaryFormat.decodeArray(raw, of: .text) else { throw .unreadable(column: column) }
    return values.compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  func optionalByteStrings(_ column: Int) throws(SQLFailure) -> [[UInt8]]? {
    guard let raw = try raw(column) else { return nil }
    guard let values = BinaryFormat.decodeArray(raw, of: .bytes) else { throw .unreadable(column: column) }
    return values.compactMap(\.self)
  }

  private func value<Value>(
    _ column: Int, of get: (Int) throws(SQLFailure) -> Value?
  ) throws(SQLFailure) -> Value {
    guard let value = try get(column) else { throw .unreadable(column: column) }
    return value
  }
}
