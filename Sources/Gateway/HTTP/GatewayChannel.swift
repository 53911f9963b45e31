import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

#if os(Linux)
  import Glibc
#endif

/// Hummingbird's HTTP/1.1 with our WebSocket beside it, on one port.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
  /// What a socket turned out to be.
  enum Outcome: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    /// From now on its handler looks after it.
    case webSocket
  }

  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let outcome: EventLoopFuture<Outcome>
  }

  let responder: HTTPChannelHandler.Responder
  private let services: GatewayServices

  private var configuration: GatewayConfiguration { services.configuration }

  init(responder: @escaping HTTPChannelHandler.Responder, services: GatewayServices) {
    self.responder = responder
    self.services = services
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try LeanReceiving.set(on: channel)
      try Self.setUnacknowledgedTimeout(configuration.slowReaderTime, of: channel)
      let upgrader = SocketUpgrader<Outcome>(
        // The gate has decided; what is left is the subprotocol.
        headers: { head in
          WireFormat.asked(by: head).subprotocol.map { ["sec-websocket-protocol": $0] } ?? [:]
        },
        start: { channel, head in try startWebSocket(channel, format: WireFormat.asked(by: head).format) })
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
      let gate = UpgradeGate(
        policy: UpgradePolicy(allowedOrigins: configuration.allowedOrigins),
        timeout: TimeAmount(configuration.handshakeTimeout), connections: services.connections, ids: services.ids)
      let upgradeHandler = try sync.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
      try sync.addHandler(gate, position: .before(upgradeHandler))
      return Value(channel: channel, outcome: outcome)
    }
  }

  func handle(value: Value, logger: Logger) async {
    await withTaskCancellationHandler {
      do {
        switch try await value.outcome.get() {
        case .http(let channel):
          await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
            await handleHTTP(asyncChannel: channel, logger: logger)
          }
        case .webSocket: break
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
    try sync.addHandler(RequestDeadline(TimeAmount(configuration.requestTimeout)))
    try sync.addHandler(HTTPConnectionStateHandler(idleTimeout: configuration.idleTimeout, logger: logger))
    return .http(
      try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
  }

  /// How long what was sent may go unacknowledged before the system ends the connection: a peer that is gone without a word, while
  /// only we write, would otherwise be kept for a quarter of an hour. Linux alone has it.
  private static func setUnacknowledgedTimeout(_ timeout: Duration, of channel: any Channel) throws {
    #if os(Linux)
      let milliseconds = Int(TimeAmount(timeout).nanoseconds / 1_000_000)
      try channel.syncOptions?.setOption(Self.unacknowledged, value: milliseconds)
    #endif
  }

  #if os(Linux)
    static let unacknowledged = ChannelOptions.Types.SocketOption(
      level: .tcp, name: NIOBSDSocket.Option(rawValue: CInt(TCP_USER_TIMEOUT)))
  #endif

  private func startWebSocket(_ channel: any Channel, format: WireFormat) throws -> Outcome {
    let socket = SocketHandler(limits: .init(message: configuration.maximumMessage, kind: format.kind))
    try ConnectionActor.open(on: channel, socket, format: format, services)
    let sync = channel.pipeline.syncOperations
    // It has let the request pass and would stay for nothing.
    sync.removeHandler(try sync.handler(type: UpgradeGate.self), promise: nil)
    try sync.addHandler(socket)
    return .webSocket
  }
}
