import Synchronization

/// Slows down guessing of passwords: a token bucket for each user name and each address. Only failures cost.
///
/// Bound: `capacity` buckets. When there are more, those that are full again go; if none is, all go: an attacker who
/// fills the table with as many addresses has other means.
final class LoginLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var at: Int64
  }

  static let capacity = 20_000

  private let buckets = Mutex<[String: Bucket]>([:])
  private let perName: Double
  private let perAddress: Double

  init(perName: Int, perAddress: Int) {
    self.perName = Double(perName)
    self.perAddress = Double(perAddress)
  }

  /// Seconds to wait before the next attempt; nil when it may go on. `now` is in milliseconds.
  func wait(name: String, address: String, now: Int64) -> Int? {
    buckets.withLock { buckets in
      let waits = [(nameKey(name), perName, 0.5), (addressKey(address), perAddress, 5.0)].compactMap {
        key, burst, rate in
        let tokens = Self.tokens(buckets[key], burst: burst, rate: rate, now: now)
        return tokens >= 1 ? nil : Int(((1 - tokens) / rate).rounded(.up))
      }
      return waits.max()
    }
  }

  /// An attempt failed.
  func failed(name: String, address: String, now: Int64) {
    buckets.withLock { buckets in
      for (key, burst, rate) in [(nameKey(name), perName, 0.5), (addressKey(address), perAddress, 5.0)] {
        let tokens = Self.tokens(buckets[key], burst: burst, rate: rate, now: now)
        buckets[key] = Bucket(tokens: max(0, tokens - 1), at: now)
      }
      guard buckets.count > Self.capacity else { return }
      buckets = buckets.filter { now - $0.value.at < 60_000 }
      if buckets.count > Self.capacity { buckets = [:] }
    }
  }

  private func nameKey(_ name: String) -> String { "n:" + name.prefix(64).lowercased() }
  private func addressKey(_ address: String) -> String { "a:" + address }

  private static func tokens(_ bucket: Bucket?, burst: Double, rate: Double, now: Int64) -> Double {
    guard let bucket else { return burst }
    return min(burst, bucket.tokens + Double(now - bucket.at) / 1_000 * rate)
  }
}
