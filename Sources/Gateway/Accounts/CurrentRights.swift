import ServiceQueue
import UserStore

/// What a user may do now, as far as an access token says it too. Nothing personal.
struct CurrentRights: Hashable, Sendable {
  let level: AccessLevel
  let queues: Set<QueueName>?
  let skills: SkillSet
  let capacity: Int?
  let isDisabled: Bool

  init(_ user: User) {
    level = user.level
    queues = user.queues
    skills = user.skills
    capacity = user.capacity
    isDisabled = user.isDisabled
  }

  /// How what a token says compares with this.
  func verdict(on principal: Principal) -> RightsVerdict {
    if isDisabled { return .disabled }
    let isCurrent =
      principal.level == level && principal.queues == queues && principal.skills == skills
      && principal.capacity == capacity
    return isCurrent ? .current : .outdated
  }
}

/// Whether an access token still says what its bearer may do.
enum RightsVerdict: Hashable, Sendable {
  /// It does.
  case current
  /// Its user has other rights by now: a new token is needed.
  case outdated
  /// Its user is disabled.
  case disabled
  /// Its session was ended: by logout, a new password, or the reuse of a refresh token.
  case ended
  /// The users have not been looked at yet: the user store cannot be reached.
  case unknown
}
