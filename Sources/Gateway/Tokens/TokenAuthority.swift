import JWTKit
import ServiceQueue
import Synchronization
import UserStore

/// Issues and verifies access tokens: JWTs signed with EdDSA (Ed25519), and nothing else.
///
/// Safe from any thread; a verification costs one signature check and no hop. Only tokens are accepted whose header names
/// the algorithm and a known key, so neither `none` nor another algorithm nor a default key can be smuggled in.
final class TokenAuthority: Sendable {
  private struct Ring: Sendable {
    var verifiers: [String: any JWTAlgorithm] = [:]
    var signer: (kid: String, algorithm: any JWTAlgorithm)?
    var jwks: [UInt8] = []
  }

  /// The longest token that is looked at, in bytes.
  static let maximumLength = 8_192

  private let ring = Mutex(Ring())
  private let audience: String
  private let lifetime: Int64

  /// An authority without keys. `lifetime` is in seconds.
  init(audience: String, lifetime: Int64) {
    self.audience = audience
    self.lifetime = lifetime
  }

  /// Takes the keys into use: the first signs, all verify, and those not named any more are forgotten.
  func load(_ keys: [SigningKey]) async throws {
    var ring = Ring()
    for key in keys {
      let collection = JWTKeyCollection()
      let kid = JWKIdentifier(string: key.kid)
      if ring.signer == nil {
        await collection.add(
          eddsa: try EdDSA.PrivateKey(d: Base64.url.encode(key.privateKey), curve: .ed25519), kid: kid)
        let algorithm = try await collection.getKey(for: kid)
        ring.signer = (key.kid, algorithm)
        ring.verifiers[key.kid] = algorithm
      } else {
        await collection.add(eddsa: try EdDSA.PublicKey(x: Base64.url.encode(key.publicKey), curve: .ed25519), kid: kid)
        ring.verifiers[key.kid] = try await collection.getKey(for: kid)
      }
    }
    ring.jwks = Self.jwks(keys)
    let loaded = ring
    self.ring.withLock { $0 = loaded }
  }

  /// True once there are keys.
  var isReady: Bool { ring.withLock { $0.signer != nil } }

  /// The public keys as a JWK set (RFC 7517).
  var jwks: [UInt8] { ring.withLock { $0.jwks } }

  /// How long a token lives, in seconds.
  var lifetimeSeconds: Int64 { lifetime }

  /// A token for `principal` in the session `session`, with the id `jti`; `now` is in seconds since 1970.
  func issue(for principal: Principal, session: String? = nil, jti: String, now: Int64) throws -> String {
    guard let signer = ring.withLock({ $0.signer }) else { throw TokenFault.noKeys }
    var header = JSONWriter()
    header.object {
      $0.key("alg")
      $0.string("EdDSA")
      $0.key("typ")
      $0.string("JWT")
      $0.key("kid")
      $0.string(signer.kid)
    }
    let claims = claims(of: principal, session: session, jti: jti, now: now)
    let signed = "\(Base64.url.encode(header.bytes)).\(Base64.url.encode(claims))"
    let signature = try signer.algorithm.sign(Array(signed.utf8))
    return "\(signed).\(Base64.url.encode(signature))"
  }

  /// The token's bearer and end. `now` is in seconds since 1970.
  func verify(_ token: String, now: Int64) throws(TokenFault) -> AccessToken {
    let bytes = Array(token.utf8)
    guard bytes.count <= Self.maximumLength else { throw .invalid }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64.url.decode(parts[0]), let payload = Base64.url.decode(parts[1]),
      let signature = Base64.url.decode(parts[2])
    else { throw .invalid }
    guard let header = try? JSONScanner.parse(header), header["alg"]?.string == "EdDSA",
      let kid = header["kid"]?.string, header["crit"] == nil
    else { throw .invalid }
    let (algorithm, isReady) = ring.withLock { ($0.verifiers[kid], $0.signer != nil) }
    guard let algorithm else { throw isReady ? .invalid : .noKeys }
    let signed = bytes[..<parts[2].startIndex].dropLast()
    guard (try? algorithm.verify(signature, signs: Array(signed))) == true else { throw .invalid }
    guard let claims = try? JSONScanner.parse(payload) else { throw .invalid }
    return try accept(claims, now: now)
  }

  private func accept(_ claims: JSONValue, now: Int64) throws(TokenFault) -> AccessToken {
    guard claims["iss"]?.string == AccessToken.issuer, claims["aud"]?.string == audience,
      let id = claims["sub"]?.string, let name = claims["name"]?.string,
      let level = claims["level"]?.string.flatMap(AccessLevel.init(rawValue:)),
      let issued = claims["iat"]?.int, let end = claims["exp"]?.int, issued <= now + 60
    else { throw .invalid }
    guard end > now else { throw .expired }
    var queues: Set<QueueName>?
    if let limited = claims["queues"] {
      guard let names = limited.array else { throw .invalid }
      queues = []
      for name in names {
        guard let queue = name.string.flatMap(QueueName.init) else { throw .invalid }
        queues?.insert(queue)
      }
    }
    var skills = SkillSet.none
    if let held = claims["skills"] {
      guard let words = held.array?.map(\.string), !words.contains(nil),
        let known = SkillSet(words.compactMap(\.self), most: SkillSet.mostHeld)
      else { throw .invalid }
      skills = known
    }
    var capacity: Int?
    if let bound = claims["capacity"] {
      guard let number = bound.int, QueuePolicy.capacityRange.contains(Int(number)) else { throw .invalid }
      capacity = Int(number)
    }
    var session: String?
    if let claim = claims["sid"] {
      guard let id = claim.string, !id.isEmpty else { throw .invalid }
      session = id
    }
    return AccessToken(
      principal: Principal(id: id, name: name, level: level, queues: queues, skills: skills, capacity: capacity),
      issuedAt: issued, expiresAt: end, session: session)
  }

  private func claims(of principal: Principal, session: String?, jti: String, now: Int64) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("iss")
      $0.string(AccessToken.issuer)
      $0.key("aud")
      $0.string(audience)
      $0.key("sub")
      $0.string(principal.id)
      $0.key("name")
      $0.string(principal.name)
      $0.key("level")
      $0.string(principal.level.rawValue)
      if let queues = principal.queues {
        $0.key("queues")
        $0.array { list in for queue in queues.sorted() { list.string(queue.rawValue) } }
      }
      if !principal.skills.isEmpty {
        $0.key("skills")
        $0.array { list in for word in principal.skills.words { list.string(word) } }
      }
      if let capacity = principal.capacity {
        $0.key("capacity")
        $0.number(capacity)
      }
      $0.key("iat")
      $0.number(now)
      $0.key("exp")
      $0.number(now + lifetime)
      $0.key("jti")
      $0.string(jti)
      if let session {
        $0.key("sid")
        $0.string(session)
      }
    }
    return json.bytes
  }

  private static func jwks(_ keys: [SigningKey]) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("keys")
      $0.array { list in
        for key in keys {
          list.object {
            $0.key("kty")
            $0.string("OKP")
            $0.key("crv")
            $0.string("Ed25519")
            $0.key("x")
            $0.string(Base64.url.encode(key.publicKey))
            $0.key("kid")
            $0.string(key.kid)
            $0.key("alg")
            $0.string("EdDSA")
            $0.key("use")
            $0.string("sig")
          }
        }
      }
    }
    return json.bytes
  }
}
