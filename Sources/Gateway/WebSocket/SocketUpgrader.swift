package import NIOCore
package import NIOHTTP1
import NIOWebSocket

/// NIO's WebSocket handshake, with nothing of NIO's behind it: where its upgrader would add a frame decoder and an encoder,
/// `start` makes the pipeline of our own.
package final class SocketUpgrader<Outcome: Sendable>: NIOTypedHTTPServerProtocolUpgrader, Sendable {
  package typealias UpgradeResult = Outcome

  package let supportedProtocol = "websocket"
  package let requiredUpgradeHeaders: [String] = []

  private let handshake: NIOTypedWebSocketServerUpgrader<Outcome>
  private let start: @Sendable (any Channel, HTTPRequestHead) throws -> Outcome

  /// - Parameters:
  ///   - headers: what the answer has besides the handshake's own fields.
  ///   - start: adds the handlers of the socket; on the channel's loop, once the answer is written.
  package init(
    headers: @escaping @Sendable (HTTPRequestHead) -> HTTPHeaders,
    start: @escaping @Sendable (any Channel, HTTPRequestHead) throws -> Outcome
  ) {
    self.start = start
    handshake = NIOTypedWebSocketServerUpgrader(
      shouldUpgrade: { channel, head in channel.eventLoop.makeSucceededFuture(headers(head)) },
      // Not called: `upgrade` below takes its place.
      upgradePipelineHandler: { channel, head in channel.eventLoop.makeCompletedFuture { try start(channel, head) } })
  }

  package func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    handshake.buildUpgradeResponse(
      channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
  }

  package func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Outcome> {
    channel.eventLoop.makeCompletedFuture { try start(channel, upgradeRequest) }
  }
}
