/// What is kept for one day and then forgotten. Moments in milliseconds, which never go back.
struct DayMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private var kept: [Key: (value: Value, until: Int64)] = [:]
  /// Everything that was ever put in and not forgotten, oldest first, from `first` on.
  private var ends: [(key: Key, until: Int64)] = []
  private var first = 0

  /// One day.
  static var life: Int64 { 86_400_000 }

  /// The value, if it has not been a day.
  func value(for key: Key, at now: Int64) -> Value? {
    guard let (value, until) = kept[key], now < until else { return nil }
    return value
  }

  mutating func keep(_ value: Value, for key: Key, at now: Int64) {
    kept[key] = (value, now + Self.life)
    ends.append((key, now + Self.life))
  }

  /// Another value for what is kept, until the same moment.
  mutating func replace(_ value: Value, for key: Key) { kept[key]?.value = value }

  mutating func drop(_ key: Key) { kept[key] = nil }

  /// Forgets all that is a day old; tells what that was.
  @discardableResult mutating func forget(at now: Int64) -> [Key] {
    var forgotten: [Key] = []
    while first < ends.count, ends[first].until <= now {
      let (key, until) = ends[first]
      // It may have been put in again since.
      if kept[key]?.until == until {
        kept[key] = nil
        forgotten.append(key)
      }
      first += 1
    }
    if first > 1_024, first > ends.count / 2 {
      ends.removeFirst(first)
      first = 0
    }
    return forgotten
  }
}
