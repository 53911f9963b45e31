import ServiceQueue
import Testing

@testable import Gateway

/// RFC 8725 and RFC 9068, rule by rule: every token here has a good signature unless the signature is what is wrong.
@Suite struct TokenRuleTests {
  private static let now: Int64 = 1_800_000_000

  @Test(
    arguments: [
      ["alg": #""none""#], ["alg": #""HS256""#], ["alg": #""RS256""#], ["alg": #""eddsa""#], ["alg": "null"],
      ["alg": #"["EdDSA"]"#], ["alg": nil], ["typ": #""JWT""#], ["typ": #""AT+JWT""#], ["typ": nil], ["typ": "1"],
      ["kid": nil], ["kid": #""""#], ["kid": "1"], ["kid": "null"], ["kid": #""two""#],
      ["kid": #""../../../../dev/null""#],
      ["kid": #""' OR '1'='1""#], ["kid": #"["one"]"#], ["kid": #"{"kid":"one"}"#], ["kid": #""one ""#],
      ["kid": #""one\u0000""#], ["crit": #"["exp"]"#], ["crit": "[]"], ["b64": "false"],
      ["jku": #""https://evil.example""#],
      ["jwk": #"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#], ["x5u": #""https://evil.example""#], ["x5c": "[]"],
      ["cty": #""JWT""#], ["zip": #""DEF""#], ["anything": "1"],
    ] as [[String: String?]])
  func headers(changes: [String: String?]) async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(header: TokenForge.header(changes), claims: TokenForge.claims(now: Self.now))
    #expect(throws: TokenFault.invalid) { try authority.verify(token, now: Self.now) }
  }

  @Test(
    arguments: [
      ["iss": #""other""#], ["iss": nil], ["iss": #"["usher"]"#], ["iss": "null"], ["aud": #""other""#], ["aud": nil],
      ["aud": #"["main"]"#], ["aud": #""main ""#], ["sub": nil], ["sub": #""""#], ["sub": "1"], ["jti": nil],
      ["jti": "7"], ["jti": #""""#], ["exp": nil], ["exp": #""1800000600""#], ["exp": "1800000600.5"], ["exp": "18e8"],
      ["exp": "99999999999999999999"], ["exp": "1800086401"], ["exp": "1800000000"], ["exp": "true"], ["iat": nil],
      ["iat": "1800000061"], ["iat": "-1"], ["iat": #""1800000000""#], ["nbf": "1800000061"], ["nbf": #""0""#],
      ["nbf": "null"], ["name": nil], ["name": "1"], ["level": nil], ["level": #""root""#], ["level": #""Admin""#],
      ["level": "1"], ["queues": #""a""#], ["queues": "null"], ["queues": #"[1]"#], ["queues": #"["A B"]"#],
      ["skills": #"[null]"#], ["skills": #"["No Word"]"#], ["capacity": "0"], ["capacity": #""1""#], ["sid": "1"],
      ["sid": #""""#],
    ] as [[String: String?]])
  func claims(changes: [String: String?]) async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(claims: TokenForge.claims(changes, now: Self.now))
    #expect(throws: TokenFault.invalid) { try authority.verify(token, now: Self.now) }
  }

  @Test func whatIsGoodIsAccepted() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    for changes in [[:], ["nbf": "1800000060"], ["iat": "1800000060"], ["sid": nil], ["more": "{}"]]
      as [[String: String?]]
    {
      let token = try forge.token(claims: TokenForge.claims(changes, now: Self.now))
      #expect(try authority.verify(token, now: Self.now).principal.id == "u1", "\(changes)")
    }
  }

  @Test func expiryHasNoLeeway() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(claims: TokenForge.claims(now: Self.now))
    for _ in 0..<2 {
      #expect(try authority.verify(token, now: Self.now + 599).session == "s")
      #expect(throws: TokenFault.expired) { try authority.verify(token, now: Self.now + 600) }
    }
  }

  @Test func duplicateMembersAreRefused() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"one","kid":"one"}"#
    let good = TokenForge.claims(now: Self.now)
    let twice = good.dropLast() + #","level":"admin"}"#
    for token in [
      try forge.token(header: header, claims: good), try forge.token(claims: String(twice)),
      try forge.token(claims: "[\(good)]"), try forge.token(header: "[]", claims: good),
      try forge.token(claims: good + " x"), try forge.token(header: "\u{FEFF}" + TokenForge.header(), claims: good),
    ] {
      #expect(throws: TokenFault.invalid, "\(token)") { try authority.verify(token, now: Self.now) }
    }
  }

  /// RFC 8032, 5.1.7: S must be below the group's order, or one signature has two forms.
  @Test func signaturesAreNotMalleable() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(claims: TokenForge.claims(now: Self.now))
    let parts = token.split(separator: ".").map(String.init)
    var signature = try #require(Base64.url.decode(parts[2]))
    let order: [UInt8] = [
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]
    var carry = 0
    for index in 0..<32 {
      let sum = Int(signature[32 + index]) + Int(order[index]) + carry
      signature[32 + index] = UInt8(truncatingIfNeeded: sum)
      carry = sum >> 8
    }
    #expect(carry == 0)
    let other = "\(parts[0]).\(parts[1]).\(Base64.url.encode(signature))"
    #expect(throws: TokenFault.invalid) { try authority.verify(other, now: Self.now) }
    _ = try authority.verify(token, now: Self.now)
  }

  /// Everything that is nearly a good token.
  @Test func forms() async throws {
    let forge = try await TokenForge()
    let authority = try await forge.authority()
    let token = try forge.token(claims: TokenForge.claims(now: Self.now))
    let stranger = try await TokenForge()
    let parts = token.split(separator: ".").map(String.init)
    let others = try forge.token(claims: TokenForge.claims(["sub": #""u2""#], now: Self.now))
      .split(separator: ".").map(String.init)
    // The last character of 64 bytes in base64url has four bits that must be zero.
    let last = parts[2].last.map { character in "AQgw".contains(character) ? "B" : "A" } ?? ""
    for bad in [
      "", ".", "..", token + ".", "." + token, token + "=", token + "\n", " " + token, String(token.dropLast()),
      "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", "\(parts[1]).\(parts[0]).\(parts[2])",
      "\(parts[0]).\(parts[2]).\(parts[1])", "\(parts[0]).\(others[1]).\(parts[2])",
      "\(parts[0]).\(parts[1]).\(others[2])", "\(parts[0]).\(parts[1]).\(parts[2].dropLast())\(last)",
      "\(parts[0])=.\(parts[1]).\(parts[2])",
      parts[0] + "." + parts[1] + "." + parts[2].replacing("_", with: "/") + "+",
      try stranger.token(claims: TokenForge.claims(["sub": #""u2""#], now: Self.now)),
      "\(parts[0]).\(parts[1]).\(String(repeating: "A", count: 86))", String(repeating: ".", count: 8_192),
      token + String(repeating: "A", count: 8_192),
    ] {
      #expect(throws: TokenFault.invalid, "\(bad.prefix(80))") { try authority.verify(bad, now: Self.now) }
    }
    #expect(try authority.verify(token, now: Self.now).principal.id == "u1")
  }
}
