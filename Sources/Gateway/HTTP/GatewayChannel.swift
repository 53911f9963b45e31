import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import ServiceQueue

/// Hummingbird's HTTP/1.1 with our WebSocket beside it, on one port.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
  /// What a socket turned out to be.
  enum Outcome: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case webSocket(ConnectionActor)
  }

  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let outcome: EventLoopFuture<Outcome>
  }

  let responder: HTTPChannelHandler.Responder
  let services: GatewayServices

  private var configuration: GatewayConfiguration { services.configuration }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
        maxFrameSize: configuration.maximumMessage, enableAutomaticErrorHandling: false,
        shouldUpgrade: { channel, head in
          // The gate has decided; what is left is the subprotocol. Without one the SDKs speak JSON too.
          let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
          return channel.eventLoop.makeSucceededFuture(
            offered.contains("centrifuge-json") ? ["sec-websocket-protocol": "centrifuge-json"] : [:])
        },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeCompletedFuture { try startWebSocket(channel) } })
      var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(
        upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
          upgraders: [upgrader],
          notUpgradingCompletionHandler: { channel in
            channel.eventLoop.makeCompletedFuture { try startHTTP(channel, logger: logger) }
          }))
      pipeline.enablePipelining = false  // The asynchronous channel takes requests one at a time.
      pipeline.enableErrorHandling = false  // The gate answers before, Hummingbird after the first head.
      pipeline.enableResponseHeaderValidation = false  // HTTPTypes validate when fields are made.
      pipeline.decoderConfiguration.maxHeaderFieldSize = 16 * 1_024
      pipeline.decoderConfiguration.maxHeaderListSize = 32 * 1_024
      pipeline.decoderConfiguration.maxHeaderFieldCount = 100
      let sync = channel.pipeline.syncOperations
      let outcome = try sync.configureUpgradableHTTPServerPipeline(configuration: pipeline)
      let connections = services.connections
      let maximum = configuration.maximumConnections
      let gate = UpgradeGate(
        policy: UpgradePolicy(allowedOrigins: configuration.allowedOrigins),
        timeout: TimeAmount(configuration.handshakeTimeout), mayConnect: { connections.count < maximum })
      let upgradeHandler = try sync.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
      try sync.addHandler(gate, position: .before(upgradeHandler))
      return Value(channel: channel, outcome: outcome)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await withTaskCancellationHandler {
      do {
        switch try await value.outcome.get() {
        case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
        case .webSocket(let connection):
          await connection.runJobs(services)
          try await value.channel.closeFuture.get()
        }
      } catch {
        // The socket ended before it was anything.
        try? await value.channel.close()
      }
    } onCancel: {
      value.channel.close(promise: nil)
    }
  }

  private func startHTTP(_ channel: any Channel, logger: Logger) throws -> Outcome {
    let sync = channel.pipeline.syncOperations
    try sync.addHandler(HTTP1ToHTTPServerCodec(secure: false))
    try sync.addHandler(HTTPConnectionStateHandler(idleTimeout: configuration.idleTimeout, logger: logger))
    return .http(
      try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
  }

  private func startWebSocket(_ channel: any Channel) throws -> Outcome {
    guard channel.isActive, let part = services.hub.part(of: channel.eventLoop) else {
      throw ChannelError.inappropriateOperationForState
    }
    let front = FrontHandler()
    let connection = ConnectionActor(
      channel: channel, socket: NIOLoopBound(front, eventLoop: channel.eventLoop), hub: part,
      format: .json, id: services.ids.next().rawValue, services: services)
    let sync = channel.pipeline.syncOperations
    try channel.syncOptions?.setOption(
      ChannelOptions.writeBufferWaterMark, value: .init(low: 256 * 1_024, high: 1_024 * 1_024))
    let connections = services.connections
    connections.add(connection)
    try sync.addHandler(front, position: .first)
    try sync.addHandler(
      SocketHandler(
        connection: connection, maximumMessage: configuration.maximumMessage,
        shutdownSpread: configuration.shutdownSpread, onEnd: { connections.remove(connection) }))
    return .webSocket(connection)
  }
}
