import ServiceQueue

/// The claims of an access token: what is written into one, and what is accepted of one whose signature is good. Pure; all
/// times are in seconds since 1970.
struct TokenClaims: Sendable {
  /// How far ahead another node's clock may be.
  static let leeway: Int64 = 60
  /// The longest that any token lives, whatever a server was set to.
  static let longestLife: Int64 = 86_400

  let issuer: String
  let audience: String
  /// How long a token lives, in seconds.
  let lifetime: Int64

  /// The claims of a token for `principal`.
  func write(_ principal: Principal, session: String?, jti: String, now: Int64) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("iss")
      $0.string(issuer)
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

  /// What the claims say. Every one that Usher knows must be of its type and within its bounds; it is `expired` only when
  /// nothing else is wrong.
  func accept(_ claims: JSONObject, now: Int64) throws(TokenFault) -> AccessToken {
    guard claims["iss"]?.string == issuer, claims["aud"]?.string == audience, text(claims["jti"]) != nil,
      let id = text(claims["sub"]), let name = text(claims["name"]),
      let level = claims["level"]?.string.flatMap(AccessLevel.init(rawValue:)),
      let issued = claims["iat"]?.int, let end = claims["exp"]?.int, issued >= 0, issued <= now + Self.leeway,
      end > issued, end - issued <= Self.longestLife
    else { throw .invalid }
    if let start = claims["nbf"] {
      guard let moment = start.int, moment <= now + Self.leeway else { throw .invalid }
    }
    let principal = Principal(
      id: id, name: name, level: level, queues: try queues(claims["queues"]), skills: try skills(claims["skills"]),
      capacity: try capacity(claims["capacity"]))
    var session: String?
    if let claim = claims["sid"] {
      guard let id = text(claim) else { throw .invalid }
      session = id
    }
    guard end > now else { throw .expired }
    return AccessToken(principal: principal, issuedAt: issued, expiresAt: end, session: session)
  }

  /// A text of 1 to 255 bytes.
  private func text(_ claim: JSONValue?) -> String? {
    guard let text = claim?.string, (1...255).contains(text.utf8.count) else { return nil }
    return text
  }

  private func queues(_ claim: JSONValue?) throws(TokenFault) -> Set<QueueName>? {
    guard let claim else { return nil }
    guard let names = claim.array else { throw .invalid }
    var queues: Set<QueueName> = []
    for name in names {
      guard let queue = name.string.flatMap(QueueName.init) else { throw .invalid }
      queues.insert(queue)
    }
    return queues
  }

  private func skills(_ claim: JSONValue?) throws(TokenFault) -> SkillSet {
    guard let claim else { return .none }
    guard let words = claim.array?.map(\.string), !words.contains(nil),
      let skills = SkillSet(words.compactMap(\.self), most: SkillSet.mostHeld)
    else { throw .invalid }
    return skills
  }

  private func capacity(_ claim: JSONValue?) throws(TokenFault) -> Int? {
    guard let claim else { return nil }
    guard let number = claim.int, QueuePolicy.capacityRange.contains(Int(number)) else { throw .invalid }
    return Int(number)
  }
}
