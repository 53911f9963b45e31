/// What the operator decides about all queues of a site. Every value has its bounds, which `init` checks.
public struct QueuePolicy: Hashable, Sendable {
  /// The lease of a claim that asks for none.
  public let lease: LeaseDuration
  /// The hold of one that asks for none.
  public let hold: HoldDuration
  /// The return to waiting that makes a service dead: 1 to 1,000.
  public let mostAttempts: Int
  /// For how long after it ended a no-show may be reinstated, in milliseconds: 0 to 86,400,000, as long as an ended service is
  /// kept in Redis.
  public let reinstateWithin: Int64
  /// How many services an employee without a capacity of its own may have claimed or be serving: 1 to 10,000; nil for any number.
  public let capacity: Int?

  /// The bounds of `mostAttempts`.
  public static let attemptsRange = 1...1_000
  /// The bounds of `reinstateWithin`.
  public static let reinstateRange: ClosedRange<Int64> = 0...86_400_000
  /// The bounds of a capacity, the site's or an employee's.
  public static let capacityRange = 1...10_000

  /// Two minutes of lease, half an hour of hold, dead at the tenth return, an hour to reinstate, no capacity.
  public static let standard = QueuePolicy()

  private init() {
    // Both are within their bounds, so there are values.
    lease = LeaseDuration(milliseconds: 120_000)!
    hold = HoldDuration(milliseconds: 1_800_000)!
    mostAttempts = 10
    reinstateWithin = 3_600_000
    capacity = nil
  }

  /// Nil when a value is out of its bounds; those that are not given are the standard ones.
  public init?(
    lease: LeaseDuration? = nil, hold: HoldDuration? = nil, mostAttempts: Int? = nil, reinstateWithin: Int64? = nil,
    capacity: Int? = nil
  ) {
    let standard = QueuePolicy.standard
    self.lease = lease ?? standard.lease
    self.hold = hold ?? standard.hold
    self.mostAttempts = mostAttempts ?? standard.mostAttempts
    self.reinstateWithin = reinstateWithin ?? standard.reinstateWithin
    self.capacity = capacity
    guard Self.attemptsRange.contains(self.mostAttempts), Self.reinstateRange.contains(self.reinstateWithin),
      capacity.map(Self.capacityRange.contains) ?? true
    else { return nil }
  }
}
