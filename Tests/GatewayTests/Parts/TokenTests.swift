import JWTKit
import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

@Suite struct TokenTests {
  private static let now: Int64 = 1_800_000_000

  private func key(_ kid: String) throws -> SigningKey {
    let key = try EdDSA.PrivateKey()
    return SigningKey(
      kid: kid, publicKey: Array(key.publicKey.rawRepresentation), privateKey: Array(key.rawRepresentation),
      createdAt: Timestamp(milliseconds: 0))
  }

  private func authority(_ keys: [SigningKey], audience: String = "main") async throws -> TokenAuthority {
    let authority = TokenAuthority(audience: audience, lifetime: 600)
    try await authority.load(keys)
    return authority
  }

  private let agent = Principal(id: "u1", name: "ann", level: .agent, queues: [QueueName("a")!, QueueName("b")!])

  @Test func whatIsIssuedIsAccepted() async throws {
    let authority = try await authority([key("one")])
    let token = try authority.issue(for: agent, jti: "j", now: Self.now)
    let accepted = try authority.verify(token, now: Self.now + 599)
    #expect(accepted.principal == agent)
    #expect(accepted.expiresAt == Self.now + 600)
    let all = Principal(id: "u2", name: "x", level: .admin)
    #expect(
      try authority.verify(try authority.issue(for: all, jti: "j", now: Self.now), now: Self.now).principal == all)
    let able = Principal(
      id: "u3", name: "y", level: .agent, skills: SkillSet(["towing", "german"], most: 2)!, capacity: 10_000)
    #expect(
      try authority.verify(try authority.issue(for: able, jti: "j", now: Self.now), now: Self.now).principal == able)
  }

  @Test func itEnds() async throws {
    let authority = try await authority([key("one")])
    let token = try authority.issue(for: agent, jti: "j", now: Self.now)
    #expect(throws: TokenFault.expired) { try authority.verify(token, now: Self.now + 600) }
    #expect(throws: TokenFault.invalid, "from the future") { try authority.verify(token, now: Self.now - 61) }
  }

  @Test func itIsOfThisSiteAndOfAKnownKey() async throws {
    let one = try key("one")
    let two = try key("two")
    let issuer = try await authority([one])
    let token = try issuer.issue(for: agent, jti: "j", now: Self.now)
    let elsewhere = try await authority([one], audience: "other")
    #expect(throws: TokenFault.invalid) { try elsewhere.verify(token, now: Self.now) }
    let stranger = try await authority([two])
    #expect(throws: TokenFault.invalid) { try stranger.verify(token, now: Self.now) }
    let rotated = try await authority([two, one])
    #expect(try rotated.verify(token, now: Self.now).principal == agent, "an older key still verifies")
    let impostor = try await authority([try key("one")])
    #expect(throws: TokenFault.invalid) { try impostor.verify(token, now: Self.now) }
    let empty = TokenAuthority(audience: "main", lifetime: 600)
    #expect(throws: TokenFault.noKeys) { try empty.verify(token, now: Self.now) }
    #expect(throws: TokenFault.noKeys) { try empty.issue(for: agent, jti: "j", now: Self.now) }
  }

  @Test func whatIsTamperedWithIsRefused() async throws {
    let authority = try await authority([key("one")])
    let token = try authority.issue(for: agent, jti: "j", now: Self.now)
    let parts = token.split(separator: ".").map(String.init)
    func base64(_ text: String) -> String { Base64.url.encode(Array(text.utf8)) }
    let raised = String(decoding: Base64.url.decode(String(parts[1]))!, as: UTF8.self)
      .replacing("\"agent\"", with: "\"admin\"")
    for bad in [
      "", "a", "..", "a.b.c", parts[0] + "." + parts[1], token + ".x", token + "=",
      "\(parts[0]).\(base64(raised)).\(parts[2])",
      "\(base64(#"{"alg":"none","kid":"one"}"#)).\(parts[1]).",
      "\(base64(#"{"alg":"HS256","kid":"one"}"#)).\(parts[1]).\(parts[2])",
      "\(base64(#"{"alg":"EdDSA"}"#)).\(parts[1]).\(parts[2])",
      "\(base64(#"{"alg":"EdDSA","kid":"no"}"#)).\(parts[1]).\(parts[2])",
      String(repeating: "a", count: 10_000),
    ] {
      #expect(throws: TokenFault.invalid, "\(bad.prefix(60))") { try authority.verify(bad, now: Self.now) }
    }
  }

  @Test func aPublishedKeyVerifiesAndDoesNotSign() async throws {
    let (old, new) = (try key("old"), try key("new"))
    let published = SigningKey(
      kid: new.kid, publicKey: new.publicKey, privateKey: [], createdAt: new.createdAt, signs: false)
    let waiting = try await authority([published, old])
    let token = try waiting.issue(for: agent, jti: "j", now: Self.now)
    let header = try #require(Base64.url.decode(String(token.split(separator: ".")[0])))
    #expect(try JSONScanner.parse(header)["kid"]?.string == "old")
    let ahead = try await authority([new])
    let early = try ahead.issue(for: agent, jti: "j", now: Self.now)
    #expect(try waiting.verify(early, now: Self.now).principal == agent, "another node may be ahead")
    let only = try await authority([published])
    #expect(only.isReady && !only.canSign)
    #expect(throws: TokenFault.noKeys) { try only.issue(for: agent, jti: "j", now: Self.now) }
    #expect(only.jwks.tag != waiting.jwks.tag)
  }

  @Test func anotherLibraryCanVerifyIt() async throws {
    struct Claims: JWTPayload {
      let sub: String
      let level: String
      let exp: ExpirationClaim
      func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
    let authority = try await authority([key("one"), key("two")])
    let token = try authority.issue(for: agent, jti: "j", now: Self.now)
    let keys = try await JWTKeyCollection().add(jwksJSON: String(decoding: authority.jwks.bytes, as: UTF8.self))
    #expect(try await keys.verify(token, as: Claims.self).sub == "u1")
    #expect(!String(decoding: authority.jwks.bytes, as: UTF8.self).contains("\"d\""))
  }

  @Test func theSessionIsInTheToken() async throws {
    let authority = try await authority([key("one")])
    let bound = try authority.issue(for: agent, session: "s", jti: "j", now: Self.now)
    #expect(try authority.verify(bound, now: Self.now).session == "s")
    let free = try authority.issue(for: agent, jti: "j", now: Self.now)
    #expect(try authority.verify(free, now: Self.now).session == nil)
  }
}
