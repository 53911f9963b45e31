/// When a provider's keys are loaded again. Pure; times are in milliseconds of a clock that only goes forward.
///
/// Whoever shows tokens with invented key names must not make Usher hammer the provider, so an unknown name leads to a
/// look only after a pause; and keys that are there stay in use however long the provider is down.
struct KeyRefreshPolicy: Hashable, Sendable {
  /// After what time keys are looked at again although they are good.
  let life: Int64
  /// The least time between two looks.
  let pause: Int64
  private var loadedAt: Int64?
  private var attemptedAt: Int64?

  /// The same while there are no keys at all.
  private static let firstPause: Int64 = 1_000

  /// For keys behind a URL.
  static let remote = KeyRefreshPolicy(life: 600_000, pause: 60_000)
  /// For keys in a file, which costs next to nothing to read.
  static let local = KeyRefreshPolicy(life: 1_000, pause: 1_000)

  private init(life: Int64, pause: Int64) {
    self.life = life
    self.pause = pause
  }

  /// Whether to look now; `isKnown` says whether the key that is asked for is there.
  func isDue(isKnown: Bool, now: Int64) -> Bool {
    guard let attemptedAt else { return true }
    guard let loadedAt else { return now - attemptedAt >= min(Self.firstPause, pause) }
    guard now - attemptedAt >= pause else { return false }
    return !isKnown || now - loadedAt >= life
  }

  /// A look begins.
  mutating func began(now: Int64) { attemptedAt = now }

  /// There are keys as of now.
  mutating func loaded(now: Int64) { loadedAt = now }
}
