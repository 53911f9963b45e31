/// A queue's recent work: what an estimate of waiting is made from.
public struct QueueStatistics: Hashable, Sendable {
  /// The queue at that moment.
  public let summary: QueueSummary
  /// Employees who claimed, began or ended a service of this queue within `activeWithin`.
  public let activeEmployees: Int
  /// How long the last services took from claim to end, newest first, in milliseconds; at most `mostTimes`. Those that were
  /// put on hold are left out.
  public let handlingTimes: [Int64]

  /// For how long after its last act an employee counts as active, in milliseconds: 15 minutes.
  public static let activeWithin: Int64 = 900_000
  /// Handling times that are kept.
  public static let mostTimes = 100

  /// Statistics with all fields.
  public init(summary: QueueSummary, activeEmployees: Int, handlingTimes: [Int64]) {
    self.summary = summary
    self.activeEmployees = activeEmployees
    self.handlingTimes = handlingTimes
  }
}

/// Where a service stands, and in what kind of queue.
public struct QueuePosition: Hashable, Sendable {
  /// The service.
  public let service: Service
  /// How many waiting services stand before it; nil when it does not wait.
  public let ahead: Int?
  /// Its queue; nil when the service has ended.
  public let statistics: QueueStatistics?

  /// A position with all its fields.
  public init(service: Service, ahead: Int?, statistics: QueueStatistics?) {
    self.service = service
    self.ahead = ahead
    self.statistics = statistics
  }
}
