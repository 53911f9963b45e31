import ServiceQueue

/// When signing keys are made, sign, only verify, and end. Pure; every moment is by PostgreSQL's clock, the one that all
/// nodes share.
///
/// A key is published first and signs once every node has had `overlap` to load it. When the next one signs, it
/// still verifies until the longest token that it can have signed is over. Then it is retired, and forgotten later.
public struct SigningKeySchedule: Hashable, Sendable {
  /// A key as the schedule sees it.
  struct Key: Hashable, Sendable {
    let kid: String
    let createdAt: Timestamp
    let activatesAt: Timestamp
    var retiredAt: Timestamp?
  }

  /// What a key is good for.
  public enum Phase: String, Hashable, Sendable, CaseIterable {
    /// Known to all and not yet used: its tokens would be accepted, there are none.
    case published
    /// The one that signs.
    case signing
    /// Another one signs; its tokens are still accepted.
    case verifying
    /// Its tokens are refused, and its private half is destroyed.
    case retired
  }

  /// What is due.
  enum Step: Hashable, Sendable {
    /// Make a key that signs after `overlap`; only if the newest is still the one named. Nil when there is none: the
    /// first key signs at once, as no node can have loaded keys before.
    case create(after: String?)
    case retire(String)
    case forget(String)
  }

  /// How long a key is published before it signs.
  public var overlap: Duration
  /// How long a key signs before the next one does; nil when keys are rotated by hand.
  public var rotation: Duration?
  /// The longest that an access token lives.
  public var tokenLifetime: Duration

  /// Beyond the tokens' life: nodes see a little late that another key signs, and clocks differ.
  static let margin = Duration.seconds(60)
  /// How long a retired key is remembered, for those who ask what happened.
  static let memory = Duration.seconds(30 * 86_400)
  /// The least time between publishing and signing, when keys are retired in an emergency: several times the interval in
  /// which nodes load keys.
  static let urgentOverlap = Duration.seconds(10)

  /// Keys that are published for 5 minutes, rotated every 30 days, and sign tokens of 10 minutes.
  public init(
    overlap: Duration = .seconds(300), rotation: Duration? = .seconds(30 * 86_400),
    tokenLifetime: Duration = .seconds(600)
  ) {
    self.overlap = overlap
    self.rotation = rotation
    self.tokenLifetime = tokenLifetime
  }

  /// The key that signs; nil when none may.
  func signer(among keys: [Key], now: Timestamp) -> Key? {
    keys.filter { $0.retiredAt == nil && $0.activatesAt <= now }.max(by: Self.isOlder)
  }

  /// What `key` is good for.
  func phase(of key: Key, among keys: [Key], now: Timestamp) -> Phase {
    if key.retiredAt != nil { return .retired }
    if key.activatesAt > now { return .published }
    return signer(among: keys, now: now) == key ? .signing : .verifying
  }

  /// When `key` is or was retired; nil while no other key follows it.
  func retirement(of key: Key, among keys: [Key]) -> Timestamp? {
    if let retiredAt = key.retiredAt { return retiredAt }
    let followers = keys.filter { $0.retiredAt == nil && Self.isOlder(key, $0) }
    guard let followed = followers.map(\.activatesAt).min() else { return nil }
    return followed + tokenLifetime + Self.margin
  }

  /// What is due at `now`, in the order in which it is to be done.
  func steps(for keys: [Key], now: Timestamp) -> [Step] {
    guard let newest = keys.filter({ $0.retiredAt == nil }).max(by: Self.isOlder) else {
      return [.create(after: nil)] + forgotten(keys, now: now)
    }
    var steps: [Step] = []
    // Made so early that it signs when the turn comes.
    if let rotation, now + overlap >= newest.activatesAt + rotation { steps.append(.create(after: newest.kid)) }
    for key in keys where phase(of: key, among: keys, now: now) == .verifying {
      if let end = retirement(of: key, among: keys), end <= now { steps.append(.retire(key.kid)) }
    }
    return steps + forgotten(keys, now: now)
  }

  private func forgotten(_ keys: [Key], now: Timestamp) -> [Step] {
    keys.compactMap { key in
      guard let retiredAt = key.retiredAt, retiredAt + Self.memory <= now else { return nil }
      return .forget(key.kid)
    }
  }

  /// By the moment from which they sign; of two with one moment all nodes must agree.
  private static func isOlder(_ a: Key, _ b: Key) -> Bool {
    (a.activatesAt, b.kid) < (b.activatesAt, a.kid)
  }
}

extension Timestamp {
  fileprivate static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds + duration.wholeMilliseconds)
  }
}
