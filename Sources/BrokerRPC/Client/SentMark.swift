import GRPCCore
import Synchronization

/// Whether a call has got a stream, after which the Broker may have heard of it.
final class SentMark: Sendable {
  @TaskLocal static var current: SentMark?

  private let isSet = Atomic(false)

  var wasSent: Bool { isSet.load(ordering: .relaxed) }
  func set() { isSet.store(true, ordering: .relaxed) }
}

/// Sets the mark of the call: interceptors run once there is a stream.
struct SentMarkInterceptor: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>, context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    SentMark.current?.set()
    return try await next(request, context)
  }
}
