import DequeModule
import Reactor

/// Whether there is a connection, who waits for one, and when to try again. Pure; `PostgresConnection` carries it out.
///
/// At most `limit` requests wait or are in flight; one more is refused as overloaded. A request that waits longer than the
/// wait timeout for a connection is given up.
struct ConnectionState<Request> {
  enum Phase: Equatable {
    /// Nobody has asked for anything yet.
    case idle
    case connecting
    case ready
    /// Waits for the next attempt.
    case backingOff
    case closed
  }

  enum Submission {
    case send(Request)
    /// Keep it; `connect`: begin to connect now.
    case wait(connect: Bool)
    case refuse(Request, SQLFailure)
  }

  private(set) var phase = Phase.idle
  private(set) var failures = 0
  private var waiting = Deque<(request: Request, deadline: ContinuousClock.Instant)>()
  private let policy: Backoff
  private let limit: Int
  private let waitTimeout: Duration

  init(policy: Backoff, limit: Int, waitTimeout: Duration) {
    self.policy = policy
    self.limit = limit
    self.waitTimeout = waitTimeout
  }

  /// Requests that wait for a connection.
  var waitingCount: Int { waiting.count }
  /// When the next waiting request is given up.
  var nextDeadline: ContinuousClock.Instant? { waiting.first?.deadline }

  mutating func submit(_ request: Request, inFlight: Int, now: ContinuousClock.Instant) -> Submission {
    guard phase != .closed else { return .refuse(request, .unavailable("the store is shut down")) }
    guard waiting.count + inFlight < limit else { return .refuse(request, .overloaded) }
    guard phase != .ready else { return .send(request) }
    waiting.append((request, now + waitTimeout))
    return .wait(connect: start())
  }

  /// Asks for a connection without a request; true when one must be begun.
  mutating func start() -> Bool {
    guard phase == .idle else { return false }
    phase = .connecting
    return true
  }

  /// The connection is there: returns who waited for it, in order.
  mutating func connected() -> [Request] {
    guard phase == .connecting else { return [] }
    phase = .ready
    failures = 0
    defer { waiting = [] }
    return waiting.map(\.request)
  }

  /// An attempt failed or the connection broke: how long until the next attempt; nil when closed.
  mutating func broken(random: Double) -> Duration? {
    guard phase != .closed else { return nil }
    phase = .backingOff
    failures += 1
    return policy.delay(attempt: failures - 1, chance: random)
  }

  /// The delay is over; true when an attempt must be begun.
  mutating func retryDue() -> Bool {
    guard phase == .backingOff else { return false }
    phase = .connecting
    return true
  }

  /// Who has waited too long by `now`.
  mutating func expire(now: ContinuousClock.Instant) -> [Request] {
    var expired: [Request] = []
    while let first = waiting.first, first.deadline <= now {
      _ = waiting.popFirst()
      expired.append(first.request)
    }
    return expired
  }

  /// No more requests; returns those that waited.
  mutating func close() -> [Request] {
    phase = .closed
    defer { waiting = [] }
    return waiting.map(\.request)
  }
}
