import NIOCore
import NIOWebSocket

/// The last handler of a WebSocket's pipeline: checks what NIO's decoder leaves to us (masks, reserved bits, fragments, size)
/// and hands whole messages to the connection.
final class SocketHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame

  private let connection: ConnectionActor
  private let maximumMessage: Int
  private let shutdownSpread: Duration
  private let onEnd: @Sendable () -> Void
  private var fragments: [UInt8]?

  init(
    connection: ConnectionActor, maximumMessage: Int, shutdownSpread: Duration, onEnd: @escaping @Sendable () -> Void
  ) {
    self.connection = connection
    self.maximumMessage = maximumMessage
    self.shutdownSpread = shutdownSpread
    self.onEnd = onEnd
  }

  func handlerAdded(context: ChannelHandlerContext) {
    connection.assumeIsolated { $0.opened() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(.protocolError) }
    switch frame.opcode {
    case .text, .binary:
      guard fragments == nil else { return fail(.protocolError) }
      if frame.fin { receive(Array(buffer: frame.unmaskedData)) } else { fragments = Array(buffer: frame.unmaskedData) }
    case .continuation:
      guard let begun = fragments else { return fail(.protocolError) }
      guard begun.count + frame.data.readableBytes <= maximumMessage else { return fail(.messageTooBig) }
      fragments?.append(contentsOf: frame.unmaskedData.readableBytesView)
      if frame.fin, let whole = fragments {
        fragments = nil
        receive(whole)
      }
    case .ping:
      let payload = frame.unmaskedData
      connection.assumeIsolated { $0.pinged(payload) }
    case .pong: break
    case .connectionClose: connection.assumeIsolated { $0.receivedClose() }
    default: fail(.protocolError)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    // Who does not read its replies gets no further commands carried out.
    try? context.channel.syncOptions?.setOption(.autoRead, value: isWritable)
    connection.assumeIsolated { $0.writabilityChanged(to: isWritable) }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case NIOWebSocketError.invalidFrameLength: fail(.messageTooBig)
    case is NIOWebSocketError: fail(.protocolError)
    default: context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent:
      let spread = shutdownSpread
      connection.assumeIsolated { $0.shutDown(within: spread) }
    case ChannelEvent.inputClosed: context.close(promise: nil)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  private var hasEnded = false

  private func end() {
    guard !hasEnded else { return }
    hasEnded = true
    connection.assumeIsolated { $0.ended() }
    onEnd()
  }

  private func receive(_ message: [UInt8]) { connection.assumeIsolated { $0.received(message) } }

  private func fail(_ reason: Disconnect) { connection.assumeIsolated { $0.disconnect(reason) } }
}
