/// A queue without its services.
public struct QueueSummary: Hashable, Sendable {
  /// Its name.
  public let queue: QueueName
  /// Its version.
  public let version: QueueVersion
  /// The lifetime of the version.
  public let epoch: Epoch
  /// The digest at that version.
  public let digest: QueueDigest
  /// What it takes and gives.
  public let mode: QueueMode
  /// How many live services it has.
  public let counts: StateCounts

  /// A summary with all its fields.
  public init(
    queue: QueueName, version: QueueVersion, epoch: Epoch, digest: QueueDigest, mode: QueueMode, counts: StateCounts
  ) {
    self.queue = queue
    self.version = version
    self.epoch = epoch
    self.digest = digest
    self.mode = mode
    self.counts = counts
  }

  /// True while nothing may be claimed from it.
  public var isPaused: Bool { mode == .paused }
  /// All live services.
  public var total: Int { counts.total }
  /// Those that wait.
  public var waiting: Int { counts.waiting }
}

/// How many live services a queue has in each state.
public struct StateCounts: Hashable, Sendable {
  /// Those that are not in line yet.
  public var scheduled = 0
  /// Those in line.
  public var waiting = 0
  /// Those that were claimed and not begun.
  public var claimed = 0
  /// Those that are being handled.
  public var serving = 0
  /// Those that were put aside.
  public var onHold = 0

  /// None.
  public init() {}

  /// All of them.
  public var total: Int { scheduled + waiting + claimed + serving + onHold }
  /// Those that employees have, but not on hold.
  public var handled: Int { claimed + serving }

  /// The number in a live state; 0 for an ended one, which is not counted.
  public subscript(_ state: ServiceState) -> Int {
    get {
      switch state {
      case .scheduled: scheduled
      case .waiting: waiting
      case .claimed: claimed
      case .serving: serving
      case .onHold: onHold
      case .completed, .noShow, .cancelled, .dead: 0
      }
    }
    set {
      switch state {
      case .scheduled: scheduled = newValue
      case .waiting: waiting = newValue
      case .claimed: claimed = newValue
      case .serving: serving = newValue
      case .onHold: onHold = newValue
      case .completed, .noShow, .cancelled, .dead: break
      }
    }
  }
}
