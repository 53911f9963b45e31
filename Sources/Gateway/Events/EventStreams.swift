import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

/// A queue's events as a stream of server-sent events: for screens behind proxies that break WebSockets. What is streamed is a
/// `ConnectionActor`'s like any other, with a `StreamClient` in place of what a client would say.
enum EventStreams {
  /// True when the request asks for a stream rather than a page; throws `notAcceptable` when it takes neither.
  static func isWanted(by request: Request) throws(GatewayError) -> Bool {
    let offers = ["application/json", "text/event-stream"]
    guard let best = MediaTypes.best(of: offers, accept: request.headers[values: .accept]) else {
      throw GatewayError(.notAcceptable, "events come as \(offers.joined(separator: " or as "))")
    }
    return best == offers[1]
  }

  /// The stream of a queue that `principal` may observe.
  static func open(_ exchange: Exchange, _ queue: QueueName, for principal: Principal) async throws -> Response {
    let services = exchange.services
    let client = StreamClient(
      token: try exchange.bearer(), queue: queue,
      limit: try exchange.query("limit", in: 0...Int64(BrokerLimits.snapshot)).map(Int.init),
      position: try position(exchange))
    try services.connections.requireRoom()
    guard services.connections.hasRoom(for: principal.id) else {
      services.metrics.refused("user")
      throw GatewayError(.tooManyRequests, "connection limit: this user has too many WebSockets and event streams open")
    }
    // That there is no such queue is better told by the status than by a stream that ends.
    _ = try await services.desk.broker.queue(queue)
    let channel = exchange.context.channel
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream", .cacheControl: "no-store, no-transform", .connection: "close",
        // Nginx, and others after it, would collect events before they hand them on.
        HTTPField.Name("X-Accel-Buffering")!: "no",
      ],
      // The head is on its way; the rest is written past Hummingbird, which finds the connection closed at the end.
      body: ResponseBody { _ in
        try await channel.eventLoop.submit { try start(client, on: channel, services) }.get()
        try await channel.closeFuture.get()
      })
  }

  /// Where the client was: `Last-Event-ID`, or `after` and `epoch`. An id that is none of ours cannot be recovered: nil.
  private static func position(_ exchange: Exchange) throws(GatewayError) -> (Epoch, QueueVersion)? {
    if let id = HTTPField.Name("Last-Event-ID").flatMap({ exchange.request.headers[$0] }), !id.isEmpty {
      let parts = id.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let epoch = Epoch(String(parts[0])), let version = QueueVersion(String(parts[1])) else {
        return nil
      }
      return (epoch, version)
    }
    let after = try exchange.query("after", in: 0...((1 << 53) - 1))
    guard (after == nil) == (exchange.query("epoch") == nil) else {
      throw GatewayError(.invalidArgument, "after and epoch go together: a stream resumes in the epoch it left")
    }
    guard let after, let epoch = try exchange.epoch() else { return nil }
    return (epoch, QueueVersion(after))
  }

  /// On the channel's loop.
  private static func start(
    _ client: StreamClient, on channel: any Channel, _ services: GatewayServices
  ) throws {
    let socket = SocketHandler()
    try ConnectionActor.open(on: channel, socket, format: .eventStream, stream: client, services)
    try channel.pipeline.syncOperations.addHandler(socket, position: .first)
  }
}
