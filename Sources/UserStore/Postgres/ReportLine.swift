import DequeModule

/// Which report runs on which connection, and which ones wait, first come, first served. Pure; `ReportLane` carries it out.
///
/// A connection has one report at a time: none waits behind another in libpq's pipeline, where it could no longer leave. At
/// most `limit` wait; one that waits too long is given up.
struct ReportLine {
  /// A report, by the order of its arrival.
  typealias Ticket = UInt64

  enum Arrival: Equatable {
    /// The connection of this number is its own until `finished`.
    case run(on: Int)
    case wait
    /// Too many wait.
    case refuse
  }

  private var holders: [Ticket?]
  private var waiting = Deque<(ticket: Ticket, deadline: ContinuousClock.Instant)>()
  private var last: Ticket = 0
  private let limit: Int
  private let patience: Duration

  init(connections: Int, limit: Int, patience: Duration) {
    holders = Array(repeating: nil, count: connections)
    self.limit = limit
    self.patience = patience
  }

  /// When the next waiting report is given up.
  var nextDeadline: ContinuousClock.Instant? { waiting.first?.deadline }

  mutating func arrive(now: ContinuousClock.Instant) -> (ticket: Ticket, Arrival) {
    last += 1
    if waiting.isEmpty, let free = holders.firstIndex(where: { $0 == nil }) {
      holders[free] = last
      return (last, .run(on: free))
    }
    guard waiting.count < limit else { return (last, .refuse) }
    waiting.append((last, now + patience))
    return (last, .wait)
  }

  /// True while the connection is the ticket's.
  func holds(_ ticket: Ticket, _ connection: Int) -> Bool { holders[connection] == ticket }

  /// The connection is free; returns whose it is now.
  mutating func finished(_ connection: Int) -> Ticket? {
    holders[connection] = waiting.popFirst()?.ticket
    return holders[connection]
  }

  /// The caller has gone; true when it was waiting.
  mutating func leave(_ ticket: Ticket) -> Bool {
    guard let place = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
    waiting.remove(at: place)
    return true
  }

  /// Who has waited too long by `now`.
  mutating func expire(now: ContinuousClock.Instant) -> [Ticket] {
    var expired: [Ticket] = []
    while let first = waiting.first, first.deadline <= now {
      _ = waiting.popFirst()
      expired.append(first.ticket)
    }
    return expired
  }
}
