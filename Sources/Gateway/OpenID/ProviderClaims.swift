import ServiceQueue
import UserStore

/// What the claims of a provider's token mean here, its signature being good. Pure; times are in seconds since 1970.
struct ProviderClaims: Sendable {
  /// How far the provider's clock may be off, either way.
  static let leeway: Int64 = 60

  let configuration: OpenIDConfiguration

  /// Who it is. Throws `invalidCredentials` for a token that is not for us or not of now, `noAccessLevel` for somebody whom
  /// the mapping does not know.
  func identity(_ claims: JSONObject, now: Int64) throws(GatewayError) -> OpenIDIdentity {
    guard claims["iss"]?.string == configuration.issuer, has(claims["aud"], configuration.audience),
      let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count), !subject.utf8.contains(0),
      let issued = claims["iat"]?.int, let end = claims["exp"]?.int
    else { throw .providerToken }
    let starts = claims["nbf"].map { $0.int ?? .max } ?? issued
    guard issued <= now + Self.leeway, starts <= now + Self.leeway, end > now - Self.leeway else {
      throw .providerToken
    }
    guard let rule = configuration.levels.first(where: { has(claims[$0.claim], $0.value) }) else {
      throw GatewayError(
        .noAccessLevel, "the provider knows you, but gives you no access here: ask an administrator")
    }
    return OpenIDIdentity(
      issuer: configuration.issuer, subject: subject, level: rule.level, queues: queues(claims),
      skills: skills(claims), displayName: name(claims))
  }

  /// Whether a claim is the value, or a list that contains it.
  private func has(_ claim: JSONValue?, _ value: String) -> Bool { words(claim).contains(value) }

  /// The texts in a claim that is one, or a list.
  private func words(_ claim: JSONValue?) -> [String] {
    claim?.string.map { [$0] } ?? claim?.array?.compactMap(\.string) ?? []
  }

  /// Nobody who lacks the claim gets all queues by that. Words that name no queue are the provider's own affair.
  private func queues(_ claims: JSONObject) -> Set<QueueName>? {
    guard let claim = configuration.queuesClaim else { return nil }
    let words = words(claims[claim])
    return words.contains("*") ? nil : Set(words.compactMap(QueueName.init))
  }

  private func skills(_ claims: JSONObject) -> SkillSet? {
    guard let claim = configuration.skillsClaim else { return nil }
    let words = words(claims[claim]).filter(SkillSet.isWord)
    return SkillSet(Set(words).sorted().prefix(SkillSet.mostHeld), most: SkillSet.mostHeld)
  }

  private func name(_ claims: JSONObject) -> String? {
    guard let claim = configuration.nameClaim, let name = claims[claim]?.string, (1...256).contains(name.utf8.count)
    else { return nil }
    return name
  }
}

extension GatewayError {
  /// One answer for whatever is wrong with a provider's token.
  static let providerToken = GatewayError(
    .invalidCredentials, "the provider's token is not valid here; sign in at the provider again")
}
