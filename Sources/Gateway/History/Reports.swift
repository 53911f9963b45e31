import HTTPTypes
import Hummingbird
import NIOCore

/// What reports need of a request and its connection.
extension Exchange {
  /// `true` or `false` of the query.
  func flag(_ name: String) throws(GatewayError) -> Bool {
    switch query(name) {
    case nil, "false": return false
    case "true": return true
    default: throw GatewayError(.invalidArgument, "\(name) is true or false")
    }
  }

  /// Carries out `body`, and cancels it when the client goes away.
  func unlessAbandoned<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let channel = context.channel
    let task = Task { try await body() }
    let watch = ClientWatch { task.cancel() }
    return try await withTaskCancellationHandler {
      do {
        try await channel.eventLoop.submit {
          try channel.pipeline.syncOperations.addHandler(watch, position: .first)
        }.get()
      } catch {
        task.cancel()
      }
      let result = await task.result
      channel.pipeline.removeHandler(watch, promise: nil)
      return try result.get()
    } onCancel: {
      task.cancel()
    }
  }

  /// Writes a part of a long answer, and ends the connection when the client does not take it.
  func write(_ buffer: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
    let channel = context.channel
    let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(services.configuration.slowReaderTime)) {
      channel.close(promise: nil)
    }
    defer { deadline.cancel() }
    try await writer.write(buffer)
  }
}

extension Request {
  /// True when the client would rather have CSV than JSON.
  var prefersCSV: Bool {
    var (csv, json) = (0.0, 0.0)
    for range in headers[values: .accept].flatMap({ $0.split(separator: ",") }) {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      switch parts.first {
      case "text/csv": csv = max(csv, quality)
      case "application/json": json = max(json, quality)
      default: break
      }
    }
    return csv > 0 && csv >= json
  }
}

extension Response {
  /// A CSV file, written by `body`.
  static func csv(
    named name: String, _ body: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
  ) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "text/csv; charset=utf-8; header=present", .cacheControl: "no-store", .vary: "Accept",
        .contentDisposition: "attachment; filename=\"\(name)\"",
      ],
      body: .long(body))
  }
}

/// Tells when a client goes away that waits for an answer: it closed the connection, or its side of it.
private final class ClientWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let onGone: @Sendable () -> Void

  init(onGone: @escaping @Sendable () -> Void) { self.onGone = onGone }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { onGone() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    onGone()
    context.fireChannelInactive()
  }
}
