/// A statement of the source code. It is prepared on each connection at its first use, under its name.
struct SQLStatement: Sendable, Hashable {
  /// Unique in the program; nil for statements that run once, which are not prepared.
  let name: String?
  /// Values come only as `$n`.
  let text: String

  init(_ name: String?, _ text: String) {
    self.name = name
    self.text = text
  }

  /// With its values.
  func callAsFunction(_ parameters: SQLParameter...) -> SQLCall { SQLCall(statement: self, parameters: parameters) }
}

/// A statement with its values.
struct SQLCall: Sendable {
  let statement: SQLStatement
  let parameters: [SQLParameter]
}
