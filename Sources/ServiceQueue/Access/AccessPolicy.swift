/// What each access level may do, in one place. Every message is checked here, not only the connection.
///
/// Ownership (an agent's own claim, a producer's own service) needs the service as it is at that moment, so it is
/// told to the Broker by `CommandRequest.mayActOnAnyClaim` / `mayRemoveAny` and checked inside the atomic step.
public enum AccessPolicy {
  /// A question to the policy.
  public enum Action: Sendable {
    /// To submit a service.
    case submit
    /// To see a queue, its services and its events.
    case observe
    /// To read the details of services, personal data included.
    case readPersonalData
    /// To claim, claim next, start, renew, hold, resume, release, complete, mark as no-show, reinstate; to transfer an own
    /// claim.
    case handle
    /// To reorder, and to change a priority.
    case move
    /// To give a service to an employee.
    case assign
    /// To pause, resume and drain a queue.
    case control
    /// To remove any service, or, as a producer, an own one.
    case remove
    /// To read the history.
    case readHistory
    /// To create and change queues and users.
    case administer
  }

  /// True when `level` may do `action` at all.
  public static func allows(_ action: Action, level: AccessLevel) -> Bool {
    switch (level, action) {
    case (.admin, _): true
    case (.supervisor, .administer): false
    case (.supervisor, _): true
    case (.agent, .observe), (.agent, .readPersonalData), (.agent, .handle), (.agent, .submit): true
    case (.agent, .move), (.agent, .assign), (.agent, .control), (.agent, .remove), (.agent, .readHistory),
      (.agent, .administer):
      false
    case (.viewer, .observe): true
    case (.viewer, _): false
    case (.producer, .submit), (.producer, .remove): true
    case (.producer, _): false
    }
  }

  /// True when `principal` may do `action` in `queue`.
  public static func allows(_ action: Action, by principal: Principal, in queue: QueueName) -> Bool {
    allows(action, level: principal.level) && (principal.queues?.contains(queue) ?? true)
  }
}
