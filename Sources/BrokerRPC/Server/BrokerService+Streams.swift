import GRPCCore
import Logging
import ServiceQueue
import SwiftProtobuf

extension BrokerService {
  /// Runs `body`, and cancels it when the call is: its client has gone, its deadline has come, or the server shuts down.
  private func untilCancelled(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await answering(body) }
    try await withRPCCancellationHandler {
      try await withTaskCancellationHandler {
        do {
          try await task.value
        } catch is CancellationError {
          // Why it ended the transport tells.
        }
        if task.isCancelled { throw RPCError(code: .unavailable, message: "The stream was ended; open another one") }
      } onCancel: {
        task.cancel()
      }
    } onCancelRPC: {
      task.cancel()
    }
  }

  func subscribe(
    request: WireSubscribeRequest, response: RPCWriter<WireEventBatch>, context: ServerContext
  ) async throws {
    try await untilCancelled {
      let subscription = await broker.subscribe()
      try await response.write(WireEventBatch(reset: nil))
      for await batch in subscription.batches {
        for message in WireEventBatch.messages(batch) { try await response.write(message) }
      }
      // The Broker shuts down.
      throw BrokerError(.unavailable, "The broker shuts down; subscribe again")
    }
  }

  func watchQueue(
    request: WireWatchQueueRequest, response: RPCWriter<WireEventPage>, context: ServerContext
  ) async throws {
    try await untilCancelled {
      let queue = try QueueName(wire: request.queue)
      var watch = QueueWatch(
        queue: queue, epoch: request.hasEpoch ? try Epoch(wire: request.epoch) : nil, version: request.after)
      // Before the first look: what happens from now on is among the batches.
      let subscription = await broker.subscribe()
      guard try await catchUp(&watch, response) else { return }
      for await batch in subscription.batches {
        switch watch.take(batch) {
        case .nothing: continue
        case .send(let page): try await response.write(WireEventPage(page))
        case .catchUp: guard try await catchUp(&watch, response) else { return }
        }
      }
      throw BrokerError(.unavailable, "The broker shuts down; watch again")
    }
  }

  /// Sends what was missed; false when it is gone.
  private func catchUp(_ watch: inout QueueWatch, _ response: RPCWriter<WireEventPage>) async throws -> Bool {
    while true {
      let page = try await broker.events(
        of: watch.queue, epoch: watch.epoch, after: watch.version, limit: BrokerLimits.events)
      try await response.write(WireEventPage(page))
      switch watch.take(page) {
      case .gone: return false
      case .more: continue
      case .isUpToDate: return true
      }
    }
  }

  func readOutbox(request: WireReadOutboxRequest, context: ServerContext) async throws -> WireOutboxBatch {
    let reader = try reader(request.reader, context)
    return try await answering {
      let entries = try await outbox(
        for: reader, after: request.hasAfter ? try request.after.domain() : nil, limit: request.limit,
        wait: .milliseconds(min(max(request.wait, 0), Self.longestWait)))
      return .with { $0.entries = entries.map(WireOutboxEntry.init) }
    }
  }

  func watchOutbox(
    request: WireWatchOutboxRequest, response: RPCWriter<WireOutboxBatch>, context: ServerContext
  ) async throws {
    let reader = try reader(request.reader, context)
    try await untilCancelled {
      var last = request.hasAfter ? try request.after.domain() : nil
      while !Task.isCancelled {
        let entries = try await outbox(for: reader, after: last, limit: request.limit, wait: Self.watchWait)
        guard let newest = entries.last else { continue }
        last = newest.id
        try await response.write(.with { $0.entries = entries.map(WireOutboxEntry.init) })
      }
    }
  }

  func acknowledgeOutbox(
    request: WireAcknowledgeOutboxRequest, context: ServerContext
  ) async throws -> WireAcknowledgeOutboxResponse {
    let reader = try reader(request.reader, context)
    return try await answering {
      try bounded(request.ids, 0...BrokerLimits.outbox, "ids")
      let ids = try request.ids.reading { (id) throws(Unreadable) in try id.domain() }
      try await broker.acknowledgeOutbox(ids, for: reader)
      return WireAcknowledgeOutboxResponse()
    }
  }

  /// The longest wait of one read, in milliseconds.
  static let longestWait: Int64 = 30_000
  /// How long a stream's read waits, and so may outlive the stream.
  private static let watchWait = Duration.seconds(2)

  /// As many entries as fit in a message.
  private func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: UInt32, wait: Duration
  ) async throws -> [OutboxEntry] {
    let entries = try await broker.outbox(for: reader, after: last, limit: Int(limit), wait: wait)
    return Array(MessageBudget.split(entries) { $0.event.messageWeight }[0])
  }

  private func reader(_ reader: WireOutboxReader, _ context: ServerContext) throws -> OutboxReader {
    let known: OutboxReader
    do throws(Unreadable) { known = try reader.domain() } catch { throw RPCError(error.asRefusal) }
    guard Caller.roles(in: context).contains(where: { $0.mayRead(known) }) else {
      throw RPCError(code: .permissionDenied, message: "The certificate's names may not read the outbox as that reader")
    }
    return known
  }
}
