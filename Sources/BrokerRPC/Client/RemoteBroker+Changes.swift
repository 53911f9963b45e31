import GRPCCore
public import ServiceQueue
import SwiftProtobuf

extension RemoteBroker {
  /// Gives a queue another mode; see `Broker`.
  public func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer {
    try await ask(.change) {
      try await calls.changeMode(WireChangeModeRequest(request), options: $0).domain()
    }
  }

  /// Makes a queue; see `Broker`.
  public func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool {
    try await ask(.change) { try await calls.createQueue(.with { $0.queue = name.rawValue }, options: $0).isNew }
  }

  /// Holds what the history knows against Redis; see `Broker`.
  public func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome] {
    guard !services.isEmpty else { return [] }
    return try await ask(.change) { options in
      try await calls.restore(.with { $0.services = services.map(WireService.init) }, options: options).outcomes
        .reading { (outcome) throws(Unreadable) in try outcome.domain() }
    }
  }

  /// Erases personal data; see `Broker`.
  public func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    try await ask(.change) { options in
      let request = WireEraseRequest.with {
        $0.ids = ids.map(\.rawValue)
        $0.seenIn = queues.map(\.rawValue).sorted()
      }
      return Set(
        try await calls.erase(request, options: options).erased
          .reading { (id) throws(Unreadable) in try ServiceID(wire: id) })
    }
  }

  /// Has the log of changes written anew; see `Broker`.
  public func rewriteLog() async throws(BrokerError) -> LogRewrite {
    try await ask(.change) {
      try await calls.rewriteLog(WireRewriteLogRequest(), options: $0).rewrite.domain()
    }
  }

  /// Tells that a queue has been seen; see `Broker`.
  public func assure(
    _ queue: QueueName, seen version: QueueVersion, in epoch: Epoch
  ) async throws(BrokerError) -> Bool {
    try await ask(.change) { options in
      let request = WireAssureRequest.with {
        $0.queue = queue.rawValue
        $0.version = version
        $0.epoch = epoch.rawValue
      }
      return try await calls.assure(request, options: options).isRenewed
    }
  }

  /// Tells which connections came and went; see `Broker`.
  public func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool {
    try await ask(.change) {
      try await calls.announce(WireAnnounceRequest(announcement), options: $0).isKnown
    }
  }

  /// Tells that a reader has entries of the outbox; see `Broker`.
  public func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    guard !ids.isEmpty else { return }
    try await ask(.change) { options in
      let request = WireAcknowledgeOutboxRequest.with {
        $0.reader = WireOutboxReader(reader)
        $0.ids = ids.map(WireOutboxID.init)
      }
      _ = try await calls.acknowledgeOutbox(request, options: options)
    }
  }
}
