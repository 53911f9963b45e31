/// How the intake is, for readiness.
public struct IntakeHealth: Hashable, Sendable {
  /// Where it stands.
  public enum State: String, Hashable, Sendable {
    /// It has not been started.
    case idle
    /// No connection; it keeps trying.
    case disconnected
    /// It takes requests in.
    case consuming
    /// It takes requests in, but RabbitMQ takes in nothing that is published, so that dead letters wait.
    case blocked
    /// It takes requests in, but the Broker does not store them at present; they wait in RabbitMQ.
    case brokerUnavailable = "broker_unavailable"
    /// It finishes what is under way and takes nothing new.
    case stopping
    /// It has ended.
    case stopped
  }

  /// Where it stands.
  public var state: State
  /// One line for people, without secrets: what is wrong, or what it is doing.
  public var detail: String

  /// True when requests are taken in and stored.
  public var isReady: Bool { state == .consuming || state == .blocked }

  /// A state with its line.
  public init(_ state: State, _ detail: String) {
    self.state = state
    self.detail = detail
  }
}
