import NIOCore

/// The timers of a loop's connections: one wheel, turned by one repeated task while anyone is there.
struct LoopTimers: Sendable {
  /// One tick: how late a timer may be.
  static let tick: Duration = .milliseconds(50)

  fileprivate var wheel = TimerWheel()
  fileprivate var seats: [ConnectionActor?] = []
  fileprivate var free: [TimerWheel.Seat] = []
  fileprivate var turning: RepeatedTask?
  fileprivate let start = NIODeadline.now()

  fileprivate var isEmpty: Bool { free.count == seats.count }

  /// The tick that begins at or after `moment`.
  fileprivate func tick(at moment: NIODeadline) -> UInt32 {
    let length = TimeAmount(Self.tick).nanoseconds
    return UInt32(clamping: ((moment - start).nanoseconds + length - 1) / length)
  }

  /// The tick in which `moment` lies.
  fileprivate func tick(of moment: NIODeadline) -> UInt32 {
    UInt32(clamping: (moment - start).nanoseconds / TimeAmount(Self.tick).nanoseconds)
  }
}

extension LoopHub {
  /// A place for a connection's deadline, until `leaveSeat`.
  func takeSeat(_ connection: ConnectionActor) -> TimerWheel.Seat {
    if timers.turning == nil {
      // Nobody was there to be told of what went by.
      _ = timers.wheel.advance(to: timers.tick(of: .now()))
      let tick = TimeAmount(LoopTimers.tick)
      timers.turning = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
        self.assumeIsolated { $0.turn() }
      }
    }
    guard let seat = timers.free.popLast() else {
      timers.seats.append(connection)
      return timers.seats.count - 1
    }
    timers.seats[seat] = connection
    return seat
  }

  func leaveSeat(_ seat: TimerWheel.Seat) {
    timers.wheel.clear(seat)
    timers.seats[seat] = nil
    timers.free.append(seat)
    guard timers.isEmpty else { return }
    timers.turning?.cancel()
    timers.turning = nil
  }

  /// The tick that begins when `delay` is over.
  func tick(in delay: Duration) -> UInt32 { max(1, timers.tick(at: .now() + TimeAmount(delay))) }

  /// Has the connection told at `tick`, by `due(at:)`; at no time when it is 0.
  func setDeadline(_ seat: TimerWheel.Seat, _ tick: UInt32) {
    if tick == 0 { timers.wheel.clear(seat) } else { timers.wheel.set(seat, due: tick) }
  }

  private func turn() {
    let now = timers.tick(of: .now())
    for seat in timers.wheel.advance(to: now) {
      timers.seats[seat]?.assumeIsolated { $0.due(at: now) }
    }
  }
}
