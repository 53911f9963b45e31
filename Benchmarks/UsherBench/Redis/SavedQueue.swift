/// A queue as it was at one time, copied within Redis, so that every run begins with the same.
struct SavedQueue: Sendable {
  private let redis: PrivateRedis
  private let meta: String
  private let pattern: String
  private let copies: [(key: String, copy: String)]

  /// Copies the queue `name` of `site`, and what the site knows about its services.
  init(_ name: String, site: String, in redis: PrivateRedis) async throws {
    let prefix = "usher:{\(site)}:"
    self.redis = redis
    meta = "\(prefix)q:\(name):meta"
    pattern = "\(prefix)q:\(name):*"
    let found = try await redis.ask([["KEYS", pattern]]).filter { !$0.isEmpty }
    copies = (found + [prefix + "index", prefix + "load"]).map { ($0, "saved:\(name):\($0)") }
    try await redis.ask(copies.map { ["COPY", $0.key, $0.copy, "REPLACE"] })
  }

  /// Makes the queue what it was, at its present version: versions that go back would tell the Broker of lost data. Nobody may be
  /// using it.
  func putBack() async throws {
    let version = try await redis.number("HGET", meta, "version")
    let present = Set(try await redis.ask([["KEYS", pattern]]))
    let added = present.subtracting(copies.map(\.key)).sorted()
    try await redis.ask(
      added.map { ["DEL", $0] } + copies.map { ["COPY", $0.copy, $0.key, "REPLACE"] }
        + [["HSET", meta, "version", "\(version)"]])
  }

  /// Forgets the copy, not the queue.
  func forget() async throws {
    try await redis.ask(copies.map { ["DEL", $0.copy] })
  }
}
