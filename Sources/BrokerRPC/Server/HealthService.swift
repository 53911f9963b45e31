import GRPCCore
import SwiftProtobuf
import Synchronization

/// Whether the server is told to go.
final class ServingState: Sendable {
  private let isClosing = Mutex(false)
  private let isReady: @Sendable () async -> Bool

  init(isReady: @escaping @Sendable () async -> Bool) { self.isReady = isReady }

  /// From now on it does not serve.
  func close() { isClosing.withLock { $0 = true } }

  var status: WireHealthCheckResponse.ServingStatus {
    get async {
      if isClosing.withLock({ $0 }) { return .notServing }
      return await isReady() ? .serving : .notServing
    }
  }
}

/// `grpc.health.v1.Health`: the Broker serves when its Redis can be used. Speaks for the server as a whole and for the one service.
struct HealthService: WireHealth.SimpleServiceProtocol {
  let state: ServingState
  /// How often a watcher's answer is looked at anew.
  static let interval = Duration.milliseconds(250)

  private static func isKnown(_ service: String) -> Bool {
    service.isEmpty || service == WireBroker.descriptor.fullyQualifiedService
  }

  func check(request: WireHealthCheckRequest, context: ServerContext) async throws -> WireHealthCheckResponse {
    guard Self.isKnown(request.service) else { throw RPCError(code: .notFound, message: "There is no such service") }
    let status = await state.status
    return .with { $0.status = status }
  }

  func watch(
    request: WireHealthCheckRequest, response: RPCWriter<WireHealthCheckResponse>, context: ServerContext
  ) async throws {
    var told: WireHealthCheckResponse.ServingStatus?
    while true {
      let status = Self.isKnown(request.service) ? await state.status : .serviceUnknown
      if status != told {
        try await response.write(.with { $0.status = status })
        told = status
      }
      // After the last word of a server that goes.
      if context.cancellation.isCancelled { return }
      try await Task.sleep(for: Self.interval)
    }
  }
}
