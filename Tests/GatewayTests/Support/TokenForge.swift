import JWTKit
import ServiceQueue
import UserStore

@testable import Gateway

/// Makes access tokens of any content with a good signature, as whoever holds the key could.
struct TokenForge: Sendable {
  let key: SigningKey
  private let algorithm: any JWTAlgorithm

  init(kid: String = "one") async throws {
    let pair = try EdDSA.PrivateKey()
    key = SigningKey(
      kid: kid, publicKey: Array(pair.publicKey.rawRepresentation), privateKey: Array(pair.rawRepresentation),
      createdAt: Timestamp(milliseconds: 0))
    algorithm = try await JWTKeyCollection().add(eddsa: pair).getKey()
  }

  /// An authority of the site `main` that has this key.
  func authority(audience: String = "main") async throws -> TokenAuthority {
    let authority = TokenAuthority(audience: audience, lifetime: 600)
    try await authority.load([key])
    return authority
  }

  /// Signs the two texts as they are.
  func token(header: String = TokenForge.header(), claims: String) throws -> String {
    let signed = Base64.url.encode(Array(header.utf8)) + "." + Base64.url.encode(Array(claims.utf8))
    return signed + "." + Base64.url.encode(try algorithm.sign(Array(signed.utf8)))
  }

  static func header(_ changes: [String: String?] = [:]) -> String {
    object(["alg": #""EdDSA""#, "typ": #""at+jwt""#, "kid": #""one""#], changes)
  }

  /// Good claims at `now`, but for what `changes` replaces or (nil) leaves out; values are JSON.
  static func claims(_ changes: [String: String?] = [:], now: Int64) -> String {
    object(
      [
        "iss": #""usher""#, "aud": #""main""#, "sub": #""u1""#, "name": #""ann""#, "level": #""agent""#,
        "iat": "\(now)", "exp": "\(now + 600)", "jti": #""j""#, "sid": #""s""#,
      ], changes)
  }

  private static func object(_ members: [String: String], _ changes: [String: String?]) -> String {
    let all = members.merging(changes.compactMapValues { $0 }) { $1 }
    let left = all.filter { name, _ in !(changes[name].map { $0 == nil } ?? false) }
    return "{" + left.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }
}
