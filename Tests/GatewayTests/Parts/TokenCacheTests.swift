import ServiceQueue
import Testing

@testable import Gateway

@Suite struct TokenCacheTests {
  private static let now: Int64 = 1_800_000_000

  private func token(_ number: Int) -> AccessToken {
    AccessToken(
      principal: Principal(id: "\(number)", name: "n", level: .agent), issuedAt: Self.now, expiresAt: Self.now + 600)
  }

  private func digest(_ number: Int) throws -> TokenCache.Digest {
    try #require(TokenCache.digest(of: Array("\(number)".utf8)))
  }

  @Test func itIsBounded() throws {
    let cache = TokenCache(capacity: 320)
    for number in 0..<5_000 { cache.insert(token(number), try digest(number)) }
    #expect(cache.count <= 320)
    #expect(cache[try digest(4_999)] == token(4_999))
    #expect(cache[try digest(0)] == nil)
  }

  @Test func whatIsAskedForStays() throws {
    let cache = TokenCache(capacity: 320)
    cache.insert(token(-1), try digest(-1))
    for number in 0..<5_000 {
      cache.insert(token(number), try digest(number))
      #expect(cache[try digest(-1)] == token(-1))
    }
  }

  @Test func otherKeysForgetAll() async throws {
    let (old, new) = (try await TokenForge(kid: "one"), try await TokenForge(kid: "two"))
    let authority = try await old.authority()
    let token = try old.token(claims: TokenForge.claims(now: Self.now))
    for _ in 0..<2 { _ = try authority.verify(token, now: Self.now) }
    try await authority.load([old.key])
    _ = try authority.verify(token, now: Self.now)
    try await authority.load([new.key, old.key])
    _ = try authority.verify(token, now: Self.now)
    try await authority.load([new.key])
    #expect(throws: TokenFault.invalid, "its key was retired") { try authority.verify(token, now: Self.now) }
  }

  /// One bit more or less is another token, whatever was verified before.
  @Test func nothingElseHits() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(claims: TokenForge.claims(now: Self.now))
    _ = try authority.verify(token, now: Self.now)
    let bytes = Array(token.utf8)
    for index in stride(from: 0, to: bytes.count, by: 7) {
      var changed = bytes
      changed[index] ^= 1
      let text = String(decoding: changed, as: UTF8.self)
      #expect(throws: TokenFault.invalid) { try authority.verify(text, now: Self.now) }
    }
  }

  /// A token that was seen costs a hash and a look-up, not a signature check.
  @Test func aRepeatedTokenIsCheap() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let tokens = try (0..<300).map { number in
      try forge.token(claims: TokenForge.claims(["jti": "\"\(number)\""], now: Self.now))
    }
    let clock = ContinuousClock()
    let first = try clock.measure { for token in tokens { _ = try authority.verify(token, now: Self.now) } }
    let repeated = try clock.measure { for token in tokens { _ = try authority.verify(token, now: Self.now) } }
    print("a token's first look \(first / 300), a further one \(repeated / 300)")
    #expect(repeated * 3 < first)
  }
}
