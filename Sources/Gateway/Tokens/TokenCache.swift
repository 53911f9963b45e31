import FieldEncryption
import ServiceQueue
import Synchronization

/// Tokens whose signature was good, by the SHA-256 of all their bytes: a client shows one token hundreds of times.
///
/// Safe from any thread. Only the whole hash finds an entry, so how long a look-up takes tells nothing about any signature.
/// An entry is good until its token ends; the cache belongs to a `TokenRing` and goes with it.
///
/// Bound: `capacity` tokens. A shard that has filled its younger half drops the older one; what is still asked for moves to
/// the younger. A token that was dropped is verified again.
final class TokenCache: Sendable {
  /// SHA-256 of a token.
  typealias Digest = SIMD4<UInt64>

  private struct Shard {
    var younger: [Digest: AccessToken] = [:]
    var older: [Digest: AccessToken] = [:]
  }

  private final class Lane: Sendable {
    let shard = Mutex(Shard())
  }

  private static let shards = 16
  private let lanes = (0..<TokenCache.shards).map { _ in Lane() }
  private let half: Int

  /// An empty cache. At 16,384 tokens of half a kilobyte it takes 8 MB.
  init(capacity: Int = 16_384) { half = max(1, capacity / Self.shards / 2) }

  /// The key of a token; nil when libcrypto is out of memory, and then nothing is kept.
  static func digest(of token: [UInt8]) -> Digest? {
    guard let hash = try? SHA256.digest(token) else { return nil }
    return hash.withUnsafeBytes { $0.loadUnaligned(as: Digest.self) }
  }

  /// How many tokens are kept.
  var count: Int {
    lanes.reduce(0) { count, lane in count + lane.shard.withLock { $0.younger.count + $0.older.count } }
  }

  /// The token with this hash, if it was verified before.
  subscript(digest: Digest) -> AccessToken? {
    lane(digest).shard.withLock { shard in
      if let token = shard.younger[digest] { return token }
      guard let token = shard.older.removeValue(forKey: digest) else { return nil }
      keep(token, digest, &shard)
      return token
    }
  }

  /// Keeps a token that was verified.
  func insert(_ token: AccessToken, _ digest: Digest) {
    lane(digest).shard.withLock { keep(token, digest, &$0) }
  }

  private func keep(_ token: AccessToken, _ digest: Digest, _ shard: inout Shard) {
    if shard.younger.count >= half {
      shard.older = shard.younger
      shard.younger = [:]
    }
    shard.younger[digest] = token
  }

  private func lane(_ digest: Digest) -> Lane { lanes[Int(truncatingIfNeeded: digest[0]) & (Self.shards - 1)] }
}
