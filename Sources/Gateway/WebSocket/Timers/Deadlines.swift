/// When each of a connection's timers runs out, in ticks of its loop's wheel; 0 for one that is not set.
struct Deadlines: Hashable, Sendable {
  private var connect: UInt32 = 0
  private var ping: UInt32 = 0
  private var pong: UInt32 = 0
  private var expiry: UInt32 = 0

  subscript(timer: CentrifugeSession.Timer) -> UInt32 {
    get {
      switch timer {
      case .connect: connect
      case .ping: ping
      case .pong: pong
      case .expiry: expiry
      }
    }
    set {
      switch timer {
      case .connect: connect = newValue
      case .ping: ping = newValue
      case .pong: pong = newValue
      case .expiry: expiry = newValue
      }
    }
  }

  /// The first that runs out; 0 when none is set.
  var first: UInt32 {
    CentrifugeSession.Timer.allCases.reduce(0) { first, timer in
      let due = self[timer]
      return due != 0 && (first == 0 || due < first) ? due : first
    }
  }

  /// The first timer, if it has run out at `tick`.
  func due(at tick: UInt32) -> CentrifugeSession.Timer? {
    let first = first
    guard first != 0, first <= tick else { return nil }
    return CentrifugeSession.Timer.allCases.first { self[$0] == first }
  }
}
