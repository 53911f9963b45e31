/// Where a link to Redis stands, without any I/O: what happens goes in, what is to be done comes out.
struct LinkStateMachine {
  enum Phase: Hashable {
    /// Not asked to connect yet.
    case idle
    case connecting
    /// Connected; logging in, loading functions.
    case preparing
    case ready
    /// Waits for the next attempt.
    case backingOff
    /// For ever.
    case closed
  }

  enum Action: Hashable {
    case none
    /// Open a connection.
    case connect
    /// Send what a new connection needs.
    case prepare
    /// Send what waits.
    case sendWaiting
    /// Try again after the policy's delay for so many failures.
    case backOff(failures: Int)
    /// End the connection, which then fails what is under way.
    case disconnect
    /// Fail what waits: nothing will be connected any more.
    case failWaiting
  }

  /// What to do with a new command.
  enum Admission: Hashable {
    case send
    case wait
    case refuseOverloaded
    case refuseClosed
  }

  private(set) var phase = Phase.idle
  /// Failed attempts since it was last ready.
  private(set) var failures = 0
  /// How often a connection that was ready broke.
  private(set) var losses = 0

  mutating func start() -> Action {
    guard phase == .idle else { return .none }
    phase = .connecting
    return .connect
  }

  mutating func connected() -> Action {
    guard phase == .connecting else { return .none }
    phase = .preparing
    return .prepare
  }

  mutating func prepared() -> Action {
    guard phase == .preparing else { return .none }
    phase = .ready
    failures = 0
    return .sendWaiting
  }

  /// Redis refused what a new connection needs.
  mutating func preparationFailed() -> Action {
    phase == .preparing ? .disconnect : .none
  }

  /// The connection is gone, or could not be made.
  mutating func disconnected() -> Action {
    switch phase {
    case .idle, .backingOff: return .none
    case .closed: return .failWaiting
    case .connecting, .preparing, .ready:
      if phase == .ready { losses += 1 }
      failures += 1
      phase = .backingOff
      return .backOff(failures: failures)
    }
  }

  mutating func backoffElapsed() -> Action {
    guard phase == .backingOff else { return .none }
    phase = .connecting
    return .connect
  }

  mutating func close() -> Action {
    let former = phase
    phase = .closed
    switch former {
    case .idle, .backingOff: return .failWaiting
    case .connecting, .preparing, .ready: return .disconnect
    case .closed: return .none
    }
  }

  /// `underway`: commands that wait or were sent.
  func admit(underway: Int, limit: Int) -> Admission {
    switch phase {
    case .closed: .refuseClosed
    case _ where underway >= limit: .refuseOverloaded
    case .ready: .send
    case .idle, .connecting, .preparing, .backingOff: .wait
    }
  }
}
