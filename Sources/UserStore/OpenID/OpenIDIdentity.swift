import FieldEncryption
public import ServiceQueue

/// Who somebody is by the word of an OpenID provider, and what that means here.
public struct OpenIDIdentity: Hashable, Sendable {
  /// The provider: the token's `iss`.
  public let issuer: String
  /// The user at the provider: the token's `sub`, 1 to 255 bytes.
  public let subject: String
  /// What the user may do.
  public let level: AccessLevel
  /// The queues the user is limited to; nil for all.
  public let queues: Set<QueueName>?
  /// What the user can do; nil leaves what is there.
  public let skills: SkillSet?
  /// The name for people; nil leaves what is there.
  public let displayName: String?

  /// An identity with what it means, unchecked.
  public init(
    issuer: String, subject: String, level: AccessLevel, queues: Set<QueueName>?, skills: SkillSet?,
    displayName: String?
  ) {
    self.issuer = issuer
    self.subject = subject
    self.level = level
    self.queues = queues
    self.skills = skills
    self.displayName = displayName
  }

  /// What has to become different about `user`; nil when nothing has.
  func changes(to user: User) -> UserChanges? {
    var changes = UserChanges()
    var isChanged = false
    if user.level != level {
      changes.level = level
      isChanged = true
    }
    if user.queues != queues {
      changes.queues = queues.map { .set($0) } ?? .clear
      isChanged = true
    }
    if let skills, user.skills != skills {
      changes.skills = skills
      isChanged = true
    }
    if let displayName, user.displayName != displayName {
      changes.displayName = .set(displayName)
      isChanged = true
    }
    return isChanged ? changes : nil
  }
}

/// The user names of those who come from a provider. Local names have no colon, so nobody can take one beforehand, and no
/// password opens one. Pure.
enum OpenIDName {
  private static let prefix = "oidc:"

  /// `oidc:SUBJECT` where the subject can stand in a name as it is.
  static func plain(_ subject: String) -> String? {
    guard subject == subject.lowercased(), subject.utf8.count <= 64 - prefix.utf8.count,
      UserRules.isUsername(subject)
    else { return nil }
    return prefix + subject
  }

  /// One for any other subject, and for one whose plain name another issuer's user has.
  static func hashed(_ identity: OpenIDIdentity) throws(UserStoreError) -> String {
    do {
      let digest = try SHA256.digest(Array((identity.issuer + "\u{0}" + identity.subject).utf8))
      return prefix + digest.prefix(20).hexadecimal
    } catch { throw UserStoreError(.internal, error.description) }
  }

  /// True for what `plain` and `hashed` make.
  static func isName(_ text: String) -> Bool {
    text.hasPrefix(prefix) && UserRules.isUsername(String(text.dropFirst(prefix.count)))
  }
}
