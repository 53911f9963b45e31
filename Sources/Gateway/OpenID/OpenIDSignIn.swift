import JWTKit
import Logging
import ServiceQueue
import UserStore

/// Believes a provider's tokens, or not: its signature by the provider's keys, and then its claims (RFC 8725, OpenID Connect
/// Core 3.1.3.7).
struct OpenIDSignIn: Sendable {
  /// The longest token, in bytes: providers put whole lists of groups into them.
  static let maximumLength = 32_768
  /// Kinds of token that are taken, in lower case: not those that say something else, such as a logout.
  private static let types = ["jwt", "at+jwt", "application/at+jwt"]
  /// Members that would point to a key other than the provider's, or demand what is not understood.
  private static let refused = ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip"]

  private let claims: ProviderClaims
  private let keys: ProviderKeys
  private let clock: GatewayClock

  init(_ configuration: OpenIDConfiguration, clock: GatewayClock, logger: Logger) {
    let start = ContinuousClock.now
    self.init(
      configuration, clock: clock,
      keys: ProviderKeys(
        configuration.keys,
        now: { (ContinuousClock.now - start).components.seconds * 1_000 }, logger: logger))
  }

  init(_ configuration: OpenIDConfiguration, clock: GatewayClock, keys: ProviderKeys) {
    claims = ProviderClaims(configuration: configuration)
    self.keys = keys
    self.clock = clock
  }

  /// Who shows this token. Throws `invalidCredentials`, `noAccessLevel`, or `unavailable` while no keys could be loaded.
  func identity(_ token: String) async throws(GatewayError) -> OpenIDIdentity {
    guard token.utf8.count <= Self.maximumLength, let jws = CompactJWS(Array(token.utf8)),
      let algorithm = jws.header["alg"]?.string.flatMap(ProviderKeySet.Algorithm.init(rawValue:)),
      let kid = jws.header["kid"]?.string, (1...256).contains(kid.utf8.count),
      !Self.refused.contains(where: { jws.header[$0] != nil }),
      jws.header["typ"].map({ Self.types.contains($0.string?.lowercased() ?? "") }) ?? true
    else { throw .providerToken }
    guard let verifier = try await keys.verifier(kid, algorithm),
      (try? verifier.verify(jws.signature, signs: jws.signed)) == true, let members = jws.claims
    else { throw .providerToken }
    return try claims.identity(members, now: clock.seconds)
  }
}
