import GRPCCore
import Logging
import Tracing

/// Tells the Broker which trace a call belongs to. Streams, which carry many, are opened outside of any.
struct ClientTraceInterceptor: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>, context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    guard let trace = ServiceContext.current else { return try await next(request, context) }
    var request = request
    InstrumentationSystem.instrument.inject(trace, into: &request.metadata, using: MetadataFields())
    return try await next(request, context)
  }
}

/// Answers a call within a span of its trace, if it is in one, and tells the log at `debug` how it ended; of a stream, how it began.
struct ServerTraceInterceptor: ServerInterceptor {
  let logger: Logger

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>, context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var caller = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(request.metadata, into: &caller, using: MetadataFields())
    let method = context.descriptor.fullyQualifiedMethod
    guard !caller.isEmpty else { return try await answer(method) { try await next(request, context) } }
    return try await withSpan(method, context: caller, ofKind: .server) { _ in
      try await answer(method) { try await next(request, context) }
    }
  }

  private func answer<Output: Sendable>(
    _ method: String, _ body: () async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let response: StreamingServerResponse<Output>
    do {
      response = try await body()
    } catch {
      tell(method, (error as? RPCError)?.code ?? .unknown)
      throw error
    }
    if case .failure(let error) = response.accepted { tell(method, error.code) } else { tell(method, nil) }
    return response
  }

  private func tell(_ method: String, _ code: RPCError.Code?) {
    logger.debug("A call was answered", metadata: ["method": "\(method)", "code": "\(code?.description ?? "ok")"])
  }
}
