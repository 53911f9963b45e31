import FieldEncryption
import JWTKit
import ServiceQueue
import UserStore

/// The keys in use at one time, and the tokens verified by them: whoever loads other keys begins with none.
final class TokenRing: Sendable {
  /// Who signs and verifies, by key.
  private let verifiers: [String: any JWTAlgorithm]
  /// The key that signs; nil while none may.
  let signer: (kid: String, algorithm: any JWTAlgorithm)?
  /// The public keys as a JWK set (RFC 7517).
  let jwks: [UInt8]
  /// The tag of `jwks` for HTTP, with its quotes.
  let tag: String
  let cache = TokenCache()
  private let names: [Name]

  private struct Name: Hashable {
    let kid: String
    let signs: Bool
  }

  /// No keys.
  init() {
    verifiers = [:]
    signer = nil
    jwks = []
    tag = "\"\""
    names = []
  }

  /// The given keys, of which the one that signs is the first such.
  init(_ keys: [SigningKey]) async throws {
    var verifiers: [String: any JWTAlgorithm] = [:]
    var signer: (kid: String, algorithm: any JWTAlgorithm)?
    for key in keys {
      let collection = JWTKeyCollection()
      let kid = JWKIdentifier(string: key.kid)
      if key.signs, signer == nil {
        await collection.add(
          eddsa: try EdDSA.PrivateKey(d: Base64.url.encode(key.privateKey), curve: .ed25519), kid: kid)
        let algorithm = try await collection.getKey(for: kid)
        signer = (key.kid, algorithm)
        verifiers[key.kid] = algorithm
      } else {
        await collection.add(eddsa: try EdDSA.PublicKey(x: Base64.url.encode(key.publicKey), curve: .ed25519), kid: kid)
        verifiers[key.kid] = try await collection.getKey(for: kid)
      }
    }
    self.verifiers = verifiers
    self.signer = signer
    jwks = Self.jwks(keys)
    tag = "\"\(Base64.url.encode(Array(try SHA256.digest(jwks).prefix(12))))\""
    names = Self.names(keys)
  }

  /// True when there is any key.
  var hasKeys: Bool { !verifiers.isEmpty }

  /// True when these are the same keys for the same purpose.
  func holds(_ keys: [SigningKey]) -> Bool { names == Self.names(keys) }

  /// Who verifies by the key `kid`; nil for a key that is not in use.
  func verifier(_ kid: String) -> (any JWTAlgorithm)? { verifiers[kid] }

  private static func names(_ keys: [SigningKey]) -> [Name] { keys.map { Name(kid: $0.kid, signs: $0.signs) } }

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
