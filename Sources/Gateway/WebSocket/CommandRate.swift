/// What one connection may ask of the server in a time: token buckets for its frames, their bytes and its commands, and a
/// count of what was over. Pure; times are in nanoseconds of any steady clock.
///
/// What is over a bucket is refused; whoever keeps on until `Limits.refusals` within `Limits.window` is cut off.
struct CommandRate: Hashable, Sendable {
  struct Limits: Hashable, Sendable {
    /// Commands a second. An employee's screen needs a few; programs that do more have REST, bulk commands, and more
    /// connections.
    var commands = 100
    /// Frames a second, those of the WebSocket itself included: twice the commands, since each may come alone and the rest
    /// is pings and pongs.
    var frames = 200
    /// Bytes a second: two of the longest messages.
    var bytes = 512 * 1_024
    /// How many seconds' worth may come at once. Of bytes that is eight seconds' worth, see `byteBurst`.
    var burst = 2
    /// Refusals within `window` after which the connection is cut off; nil for three times the burst of commands.
    var refusals: Int?
    /// In seconds.
    var window = 10

    /// Bytes that may come at once: eight messages of a bulk each.
    var byteBurst: Int { bytes * 4 }
    var mostRefusals: Int { refusals ?? 3 * commands * burst }
  }

  enum Verdict: Hashable, Sendable {
    case pass
    /// It is over the limit: error 111.
    case refuse
    /// It has been over the limit for too long: the connection is to end.
    case cut
  }

  private struct Bucket: Hashable, Sendable {
    var tokens: Double
    var at: Int64

    mutating func take(_ amount: Double, at now: Int64, rate: Int, burst: Int) -> Bool {
      tokens = min(Double(burst), tokens + Double(max(0, now - at)) / 1e9 * Double(rate))
      at = now
      guard tokens >= amount else { return false }
      tokens -= amount
      return true
    }
  }

  private var commands: Bucket
  private var frames: Bucket
  private var bytes: Bucket
  private var refusals = 0
  private var windowBegan: Int64

  /// Full buckets at `now`.
  init(at now: Int64, _ limits: Limits) {
    commands = Bucket(tokens: Double(limits.commands * limits.burst), at: now)
    frames = Bucket(tokens: Double(limits.frames * limits.burst), at: now)
    bytes = Bucket(tokens: Double(limits.byteBurst), at: now)
    windowBegan = now
  }

  /// A frame of `count` bytes came.
  mutating func frame(of count: Int, at now: Int64, _ limits: Limits) -> Verdict {
    let isWithin = frames.take(1, at: now, rate: limits.frames, burst: limits.frames * limits.burst)
    // A message that is longer than all that may come at once is another bound's matter.
    let amount = Double(min(count, limits.byteBurst))
    return verdict(
      bytes.take(amount, at: now, rate: limits.bytes, burst: limits.byteBurst) && isWithin, at: now, limits)
  }

  /// A command came that is answered.
  mutating func command(at now: Int64, _ limits: Limits) -> Verdict {
    verdict(
      commands.take(1, at: now, rate: limits.commands, burst: limits.commands * limits.burst), at: now, limits)
  }

  private mutating func verdict(_ isWithin: Bool, at now: Int64, _ limits: Limits) -> Verdict {
    if isWithin { return .pass }
    if now - windowBegan > Int64(limits.window) * 1_000_000_000 {
      windowBegan = now
      refusals = 0
    }
    refusals += 1
    return refusals > limits.mostRefusals ? .cut : .refuse
  }
}
