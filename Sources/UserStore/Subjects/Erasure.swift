public import ServiceQueue

/// What became of the wish that a customer be forgotten. Names nobody.
public struct Erasure: Hashable, Sendable {
  /// Its id: a UUID.
  public let id: String
  /// When it was asked for, by PostgreSQL's clock.
  public let requestedAt: Timestamp
  /// When it was done; nil while it is pending.
  public let doneAt: Timestamp?
  /// How many services have lost their personal data by it so far.
  public let services: Int

  /// Reads `SubjectSQL.columns`.
  init(_ row: SQLRow) throws(SQLFailure) {
    id = try row.text(0)
    requestedAt = try row.timestamp(1)
    doneAt = try row.optionalTimestamp(2)
    services = Int(try row.int(3))
  }
}

/// A page of erasures.
public struct ErasurePage: Sendable {
  /// The newest first.
  public let erasures: [Erasure]
  /// Where the next page begins; nil when this was the last.
  public let next: ErasureCursor?
}

/// A place between two erasures.
public struct ErasureCursor: Hashable, Sendable {
  let requestedAt: Timestamp
  let id: String

  init(after erasure: Erasure) {
    requestedAt = erasure.requestedAt
    id = erasure.id
  }

  /// Nil when `text` was not made by `text`.
  public init?(text: String) {
    guard let dot = text.firstIndex(of: "."), let milliseconds = Int64(text[..<dot]),
      let id = ServiceID(String(text[text.index(after: dot)...]))
    else { return nil }
    self.requestedAt = Timestamp(milliseconds: milliseconds)
    self.id = id.rawValue
  }

  /// As clients hold it; opaque to them.
  public var text: String { "\(requestedAt.milliseconds).\(id)" }
}

/// An erasure that a node is at, with what it looks for.
struct ErasureOrder: Sendable {
  let id: String
  let requestedAt: Timestamp
  let subjects: [[UInt8]]
  let serviceID: String?
  /// How many services have been erased so far.
  var services: Int64

  /// Reads what `SubjectSQL.claim` answers.
  init(_ row: SQLRow) throws(SQLFailure) {
    id = try row.text(0)
    requestedAt = try row.timestamp(1)
    services = try row.int(2)
    subjects = try row.optionalByteStrings(3) ?? []
    serviceID = try row.optionalText(4)
  }
}
