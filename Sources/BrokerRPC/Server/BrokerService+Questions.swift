import GRPCCore
import ServiceQueue
import SwiftProtobuf

extension BrokerService {
  func getService(request: WireGetServiceRequest, context: ServerContext) async throws -> WireService {
    try await answering { WireService(try await broker.service(try ServiceID(wire: request.id))) }
  }

  func listServices(request: WireListServicesRequest, context: ServerContext) async throws -> WireServicePage {
    try await answering { WireServicePage(try await broker.list(try request.domain())) }
  }

  func getSnapshot(request: WireGetSnapshotRequest, context: ServerContext) async throws -> WireQueueSnapshot {
    try await answering {
      WireQueueSnapshot(try await broker.snapshot(of: try QueueName(wire: request.queue), limit: Int(request.limit)))
    }
  }

  func getEvents(request: WireGetEventsRequest, context: ServerContext) async throws -> WireEventPage {
    try await answering {
      WireEventPage(
        try await broker.events(
          of: try QueueName(wire: request.queue), epoch: request.hasEpoch ? try Epoch(wire: request.epoch) : nil,
          after: request.after, limit: Int(request.limit)))
    }
  }

  func listQueues(request: WireListQueuesRequest, context: ServerContext) async throws -> WireListQueuesResponse {
    try await answering {
      let queues = try await broker.queues()
      return .with { $0.queues = queues.map(WireQueueSummary.init) }
    }
  }

  func getQueue(request: WireGetQueueRequest, context: ServerContext) async throws -> WireQueueSummary {
    try await answering { WireQueueSummary(try await broker.queue(try QueueName(wire: request.queue))) }
  }

  func getPosition(request: WireGetPositionRequest, context: ServerContext) async throws -> WireQueuePosition {
    try await answering { WireQueuePosition(try await broker.position(of: try ServiceID(wire: request.id))) }
  }

  func getStatistics(request: WireGetStatisticsRequest, context: ServerContext) async throws -> WireQueueStatistics {
    try await answering {
      WireQueueStatistics(try await broker.statistics(of: try QueueName(wire: request.queue)))
    }
  }

  func getPresence(request: WireGetPresenceRequest, context: ServerContext) async throws -> WireQueuePresence {
    try await answering { WireQueuePresence(try await broker.presence(in: try QueueName(wire: request.queue))) }
  }
}
