import GRPCCore
public import ServiceQueue
import SwiftProtobuf

extension RemoteBroker {
  /// One service; see `Broker`.
  public func service(_ id: ServiceID) async throws(BrokerError) -> Service {
    try await ask(.question) {
      try await calls.getService(.with { $0.id = id.rawValue }, options: $0).domain()
    }
  }

  /// A page of live services; see `Broker`.
  public func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage {
    guard query.limit >= 0 else { throw BrokerError.refusal(.invalidArgument) }
    return try await ask(.question) {
      try await calls.listServices(WireListServicesRequest(query), options: $0).domain()
    }
  }

  /// A queue with its first services; see `Broker`.
  public func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    let limit = try Self.limit(limit)
    return try await ask(.question) { options in
      let request = WireGetSnapshotRequest.with {
        $0.queue = queue.rawValue
        $0.limit = limit
      }
      return try await calls.getSnapshot(request, options: options).domain()
    }
  }

  /// The events after a version; see `Broker`.
  public func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    let limit = try Self.limit(limit)
    return try await ask(.question) { options in
      let request = WireGetEventsRequest.with {
        $0.queue = queue.rawValue
        if let epoch { $0.epoch = epoch.rawValue }
        $0.after = version
        $0.limit = limit
      }
      return try await calls.getEvents(request, options: options).domain()
    }
  }

  /// Every queue; see `Broker`.
  public func queues() async throws(BrokerError) -> [QueueSummary] {
    try await ask(.question) {
      try await calls.listQueues(WireListQueuesRequest(), options: $0).queues
        .reading { (summary) throws(Unreadable) in try summary.domain() }
    }
  }

  /// One queue; see `Broker`.
  public func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary {
    try await ask(.question) { try await calls.getQueue(.with { $0.queue = name.rawValue }, options: $0).domain() }
  }

  /// Where a service stands; see `Broker`.
  public func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition {
    try await ask(.question) { try await calls.getPosition(.with { $0.id = id.rawValue }, options: $0).domain() }
  }

  /// A queue's recent work; see `Broker`.
  public func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics {
    try await ask(.question) {
      try await calls.getStatistics(.with { $0.queue = queue.rawValue }, options: $0).domain()
    }
  }

  /// Who watches a queue; see `Broker`.
  public func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence {
    try await ask(.question) { try await calls.getPresence(.with { $0.queue = queue.rawValue }, options: $0).domain() }
  }

  /// The oldest changes that a reader has not acknowledged; see `Broker`.
  public func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    let limit = try Self.limit(limit)
    let wait = min(max(wait, .zero), .milliseconds(BrokerService.longestWait))
    return try await ask(.question, wait: wait) { options in
      let request = WireReadOutboxRequest.with {
        $0.reader = WireOutboxReader(reader)
        if let last { $0.after = WireOutboxID(last) }
        $0.limit = limit
        $0.wait = Int64(wait / .milliseconds(1))
      }
      return try await calls.readOutbox(request, options: options).entries
        .reading { (entry) throws(Unreadable) in try entry.domain() }
    }
  }

  /// Limits are checked by the Broker, but must be numbers of the wire.
  private static func limit(_ limit: Int) throws(BrokerError) -> UInt32 {
    guard let limit = UInt32(exactly: limit) else { throw .refusal(.invalidArgument) }
    return limit
  }
}
