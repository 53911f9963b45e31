import NIOCore

/// The first handler of a WebSocket's pipeline: what is written here goes to the socket as it is, past the frame encoder, so
/// one encoded buffer serves every channel.
final class FrontHandler: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Writes complete frames. On the channel's loop.
  func write(_ frames: ByteBuffer, promise: EventLoopPromise<Void>?) {
    guard let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    context.write(wrapOutboundOut(frames), promise: promise)
  }
}
