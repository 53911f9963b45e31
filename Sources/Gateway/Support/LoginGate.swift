/// Which logins go on to the user store, so that an attack costs it little. The store counts for all nodes and says how long to
/// wait; the gate remembers that for the pair of name and place, lets a place have only so many failures, and lets a name be
/// tried by only a few at one moment, whose failures are not counted yet. Pure; times are in milliseconds.
///
/// Bound: `capacity` places and as many pairs. When there are more, those that mean nothing any more go; if none does, all go:
/// an attacker who fills the table with as many addresses has other means, and the store still counts.
struct LoginGate {
  private struct Bucket {
    var tokens: Double
    var at: Int64
  }

  private struct Pair: Hashable {
    let name: String
    let place: String
  }

  /// What became of a login that was let through.
  enum Outcome {
    case succeeded
    case failed
    /// The store said to wait so many seconds.
    case throttled(Int)
    /// It was not checked: the line was full, the store away.
    case unknown
  }

  static let capacity = 20_000
  /// How many logins of one name are checked at one moment.
  static let mostAtOnce = 5
  /// How many failures a place gets back in a second.
  static let rate = 5.0

  private let burst: Double
  private var places: [String: Bucket] = [:]
  private var waits: [Pair: Int64] = [:]
  private var checking: [String: Int] = [:]

  /// `burst` is how many failures of one place are let through at once.
  init(burst: Int) { self.burst = Double(burst) }

  /// Lets a login through, of which `ended` must be told; or the seconds to wait. Without a name (a link has none) all are let
  /// through: the displays of a waiting room come from one place and at one moment, whoever else fails there. What fails counts.
  mutating func begin(name: String?, place: String, now: Int64) -> Int? {
    guard let pair = name.map({ Self.pair($0, place) }) else { return nil }
    if let until = waits[pair], until > now { return Int((until - now + 999) / 1_000) }
    let left = tokens(place, now: now)
    if left < 1 { return Int(((1 - left) / Self.rate).rounded(.up)) }
    guard checking[pair.name, default: 0] < Self.mostAtOnce else { return 1 }
    checking[pair.name, default: 0] += 1
    return nil
  }

  /// What came of a login that was let through.
  mutating func ended(name: String?, place: String, _ outcome: Outcome, now: Int64) {
    let pair = name.map { Self.pair($0, place) }
    if let pair {
      let others = checking[pair.name, default: 1] - 1
      checking[pair.name] = others > 0 ? others : nil
    }
    switch outcome {
    case .succeeded: if let pair { waits[pair] = nil }
    case .unknown: break
    case .failed: spend(place, now: now)
    case .throttled(let seconds):
      spend(place, now: now)
      guard let pair else { return }
      waits[pair] = now + Int64(seconds) * 1_000
      guard waits.count > Self.capacity else { return }
      waits = waits.filter { $0.value > now }
      if waits.count > Self.capacity { waits = [:] }
    }
  }

  private mutating func spend(_ place: String, now: Int64) {
    places[place] = Bucket(tokens: max(0, tokens(place, now: now) - 1), at: now)
    guard places.count > Self.capacity else { return }
    places = places.filter { now - $0.value.at < 60_000 }
    if places.count > Self.capacity { places = [:] }
  }

  private func tokens(_ place: String, now: Int64) -> Double {
    guard let bucket = places[place] else { return burst }
    return min(burst, bucket.tokens + Double(max(0, now - bucket.at)) / 1_000 * Self.rate)
  }

  private static func pair(_ name: String, _ place: String) -> Pair {
    Pair(name: name.prefix(64).lowercased(), place: place)
  }
}
