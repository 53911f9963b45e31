/// Why a group of statements was not carried out, or not known to be.
enum SQLFailure: Error, Hashable, Sendable {
  /// PostgreSQL refused; the whole group was rolled back. `detail` is the constraint's name, or for a faulty statement the
  /// server's words; never a value.
  case refused(sqlState: String, detail: String)
  /// It was not sent, or only read: nothing was changed.
  case unavailable(String)
  /// Too much under way; nothing was sent.
  case overloaded
  /// The connection broke before the answer: the group may have been carried out as a whole, or not at all.
  case outcomeUnknown
  /// The answer is not what the statement should give.
  case unreadable(column: Int)

  /// True when PostgreSQL refused the values themselves: sending them again is of no use.
  var blamesData: Bool {
    guard case .refused(let sqlState, _) = self else { return false }
    return sqlState.hasPrefix("22") || sqlState.hasPrefix("23") || sqlState == "54000"
  }

  func isRefusal(_ sqlState: String) -> Bool {
    if case .refused(sqlState, _) = self { true } else { false }
  }
}

/// The few SQLSTATEs that are told apart.
enum SQLState {
  static let uniqueViolation = "23505"
  static let undefinedTable = "42P01"
  static let undefinedObject = "42704"
  static let undefinedStatement = "26000"
  static let queryCanceled = "57014"
}
