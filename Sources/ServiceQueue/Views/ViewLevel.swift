/// How much of a service a reader sees. Each event is encoded once a view, not once a connection.
public enum ViewLevel: Int, Sendable, CaseIterable {
  /// Ticket numbers, order and state: nothing personal, no names of employees.
  case board
  /// Everything, personal data opened.
  case staff

  /// The view of an access level; nil for one that sees no queues.
  public init?(_ level: AccessLevel) {
    switch level {
    case .viewer: self = .board
    case .agent, .supervisor, .admin: self = .staff
    case .producer: return nil
    }
  }
}
