import ServiceQueue

/// Where the relay stands in the outbox. Pure.
///
/// Entries that PostgreSQL refuses for their values stay in the outbox and are remembered, at most `limit` of them, while
/// those behind them go on. One more than that is no accident of single entries any more: then nothing is skipped, and
/// the relay begins at the oldest again after a pause.
struct RelayState {
  enum Refusal: Equatable {
    /// Go on behind it.
    case skipped
    /// Too many: pause, then begin again.
    case tooMany
  }

  static let limit = 1000
  /// How many empty reads in a row before the refused entries are tried anew: an hour of them, at the relay's wait.
  static let quietReads = 1800

  /// Read after this; nil: from the oldest.
  private(set) var position: OutboxID?
  private(set) var refused: Set<OutboxID> = []
  private var emptyReads = 0

  /// All up to `last` is recorded and acknowledged, or refused.
  mutating func advanced(to last: OutboxID) {
    position = last
    emptyReads = 0
  }

  mutating func refuse(_ id: OutboxID) -> Refusal {
    guard refused.count < Self.limit || refused.contains(id) else {
      restart()
      return .tooMany
    }
    refused.insert(id)
    return .skipped
  }

  /// There was nothing to read. With nothing refused the next read begins at the oldest, since all that was acknowledged is
  /// gone: so an outbox whose ids went back (a restored Redis) is read as well. With refused entries now and then.
  mutating func foundNothing() {
    emptyReads += 1
    if refused.isEmpty || emptyReads >= Self.quietReads { restart() }
  }

  private mutating func restart() {
    position = nil
    refused = []
    emptyReads = 0
  }
}
