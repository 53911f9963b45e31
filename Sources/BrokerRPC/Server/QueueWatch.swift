import ServiceQueue

/// What a watcher of one queue has, and what it must get next.
struct QueueWatch: Hashable, Sendable {
  let queue: QueueName
  private(set) var epoch: Epoch?
  private(set) var version: QueueVersion

  init(queue: QueueName, epoch: Epoch?, version: QueueVersion) {
    self.queue = queue
    self.epoch = epoch
    self.version = version
  }

  enum Step: Hashable {
    case nothing
    case send(EventPage)
    /// Pages must be read, until up to date.
    case catchUp
  }

  /// What a batch of the subscription means for the watcher.
  mutating func take(_ batch: EventBatch) -> Step {
    switch batch {
    case .events(let events):
      let new = events.filter { $0.queue == queue && ($0.epoch != epoch || $0.version > version) }
      guard let first = new.first, let last = new.last else { return .nothing }
      guard new.allSatisfy({ $0.epoch == epoch }), first.version == version + 1 else { return .catchUp }
      version = last.version
      return .send(.events(new, epoch: last.epoch, current: last.version))
    case .reset(let name): return name == nil || name == queue ? .catchUp : .nothing
    case .presence: return .nothing
    }
  }

  enum Place: Hashable {
    case gone
    case more
    case isUpToDate
  }

  /// Where the watcher is after a page.
  mutating func take(_ page: EventPage) -> Place {
    switch page {
    case .gone: return .gone
    case .events(let events, let epoch, let current):
      self.epoch = epoch
      if let last = events.last { version = last.version }
      return !events.isEmpty && version < current ? .more : .isUpToDate
    }
  }
}
