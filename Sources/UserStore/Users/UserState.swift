public import ServiceQueue

/// How it stands with a user.
public enum UserState: String, Hashable, Sendable, CaseIterable {
  /// May log in.
  case active
  /// Was invited and has not chosen a password yet.
  case invited
  /// May not log in.
  case disabled
  /// The person is gone, the id stays for the history; found only when it is asked for.
  case erased
}

/// Which users are asked for; what is nil does not matter. Erased ones only by their state.
public struct UserFilter: Hashable, Sendable {
  /// Of this level.
  public var level: AccessLevel?
  /// In this state; nil for all but the erased.
  public var state: UserState?
  /// Who may work in this queue: those limited to some with it, and those who are not limited.
  public var queue: QueueName?
  /// Who has this skill, one word.
  public var skill: String?
  /// Whose name begins with this, whatever its case.
  public var namePrefix: String?
  /// Who has exactly this address, but for its case and white space around it.
  public var email: String?

  /// All users but the erased.
  public init() {}
}
