import JWTKit
import ServiceQueue

/// A provider's public keys, from its JWK set (RFC 7517).
///
/// Bound: 64 keys. What is no signature key of a kind that Usher accepts, or has no `kid`, is left out.
struct ProviderKeySet: Sendable {
  /// The signatures that a provider's token may have.
  enum Algorithm: String, Hashable, Sendable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
  }

  /// The longest JWK set, in bytes.
  static let maximumLength = 256 * 1_024
  private static let mostKeys = 64
  /// 8,192 bits in base64url: a longer modulus only costs time.
  private static let longestModulus = 1_366

  /// A key fits one algorithm alone, so that none can be passed off for another.
  private struct Entry: Sendable {
    let algorithm: Algorithm
    let verifier: any JWTAlgorithm
  }

  private var entries: [String: Entry] = [:]

  /// Throws when `bytes` is no JWK set.
  init(_ bytes: [UInt8]) async throws {
    guard let keys = try JSONScanner.parse(bytes, limits: .init(bytes: Self.maximumLength))["keys"]?.array else {
      throw JSONError(.unexpectedByte, at: 0)
    }
    for key in keys.prefix(Self.mostKeys) {
      guard let kid = key["kid"]?.string, entries[kid] == nil else { continue }
      entries[kid] = await Self.entry(key)
    }
  }

  /// True when there is a key of this name.
  func knows(_ kid: String) -> Bool { entries[kid] != nil }

  /// Who verifies by the key `kid`, if it is one for this algorithm.
  func verifier(_ kid: String, _ algorithm: Algorithm) -> (any JWTAlgorithm)? {
    guard let entry = entries[kid], entry.algorithm == algorithm else { return nil }
    return entry.verifier
  }

  private static func entry(_ key: JSONValue) async -> Entry? {
    guard key["use"].map({ $0.string == "sig" }) ?? true, let algorithm = algorithm(of: key),
      key["alg"].map({ $0.string == algorithm.rawValue }) ?? true
    else { return nil }
    let collection = JWTKeyCollection()
    do {
      switch algorithm {
      case .rs256:
        guard let modulus = key["n"]?.string, modulus.utf8.count <= longestModulus, let exponent = key["e"]?.string
        else { return nil }
        await collection.add(
          rsa: try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent), digestAlgorithm: .sha256)
      case .es256:
        guard let x = key["x"]?.string, let y = key["y"]?.string else { return nil }
        await collection.add(ecdsa: try ES256PublicKey(parameters: (x: x, y: y)))
      case .edDSA:
        guard let x = key["x"]?.string else { return nil }
        await collection.add(eddsa: try EdDSA.PublicKey(x: x, curve: .ed25519))
      }
      return Entry(algorithm: algorithm, verifier: try await collection.getKey())
    } catch { return nil }
  }

  private static func algorithm(of key: JSONValue) -> Algorithm? {
    switch (key["kty"]?.string, key["crv"]?.string) {
    case ("RSA", _): .rs256
    case ("EC", "P-256"): .es256
    case ("OKP", "Ed25519"): .edDSA
    default: nil
    }
  }
}
