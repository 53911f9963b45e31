import JWTKit
import ServiceQueue
import Synchronization
import UserStore

/// Issues and verifies access tokens: JWTs by RFC 9068, signed with EdDSA (Ed25519) and nothing else.
///
/// Safe from any thread and without a hop: the first look at a token costs one signature check, a further one a hash. Only
/// tokens are accepted whose header says nothing but the algorithm, the type and a known key (RFC 8725), so neither `none` nor another
/// algorithm nor a key from elsewhere can be smuggled in.
final class TokenAuthority: Sendable {
  /// The longest token that is looked at, in bytes.
  static let maximumLength = 8_192

  private let ring = Mutex(TokenRing())
  private let claims: TokenClaims

  /// An authority without keys. `lifetime` is in seconds.
  init(issuer: String = "usher", audience: String, lifetime: Int64) {
    claims = TokenClaims(issuer: issuer, audience: audience, lifetime: lifetime)
  }

  /// Takes the keys into use: one signs, all verify, and those not named any more are forgotten, with the tokens that they
  /// verified.
  func load(_ keys: [SigningKey]) async throws {
    guard !current.holds(keys) else { return }
    let loaded = try await TokenRing(keys)
    ring.withLock { $0 = loaded }
  }

  private var current: TokenRing { ring.withLock { $0 } }

  /// True once there are keys.
  var isReady: Bool { current.hasKeys }

  /// True when a token can be issued. Asked before anything is used up for one.
  var canSign: Bool { current.signer != nil }

  /// The public keys as a JWK set (RFC 7517), and its tag.
  var jwks: (bytes: [UInt8], tag: String) {
    let ring = current
    return (ring.jwks, ring.tag)
  }

  /// How long a token lives, in seconds.
  var lifetimeSeconds: Int64 { claims.lifetime }

  /// A token for `principal` in the session `session`, with the id `jti`; `now` is in seconds since 1970.
  func issue(
    for principal: Principal, session: String? = nil, jti: String, now: Int64
  ) throws(TokenFault) -> String {
    guard let signer = current.signer else { throw .noKeys }
    let claims = claims.write(principal, session: session, jti: jti, now: now)
    let signed = "\(Base64.url.encode(TokenHeader.write(kid: signer.kid))).\(Base64.url.encode(claims))"
    guard let signature = try? signer.algorithm.sign(Array(signed.utf8)) else { throw .noKeys }
    return "\(signed).\(Base64.url.encode(signature))"
  }

  /// The token's bearer and end. `now` is in seconds since 1970.
  func verify(_ token: String, now: Int64) throws(TokenFault) -> AccessToken {
    guard token.utf8.count <= Self.maximumLength else { throw .invalid }
    let bytes = Array(token.utf8)
    let ring = current
    guard let digest = TokenCache.digest(of: bytes) else { return try verify(bytes, by: ring, now: now) }
    if let known = ring.cache[digest] {
      guard known.expiresAt > now else { throw .expired }
      return known
    }
    let verified = try verify(bytes, by: ring, now: now)
    ring.cache.insert(verified, digest)
    return verified
  }

  /// The same, whether it was seen before or not.
  func verify(_ token: [UInt8], by ring: TokenRing, now: Int64) throws(TokenFault) -> AccessToken {
    guard let jws = CompactJWS(token), let kid = TokenHeader.kid(of: jws.header) else { throw .invalid }
    guard let verifier = ring.verifier(kid) else { throw ring.hasKeys ? .invalid : .noKeys }
    guard (try? verifier.verify(jws.signature, signs: jws.signed)) == true, let members = jws.claims else {
      throw .invalid
    }
    return try claims.accept(members, now: now)
  }
}
