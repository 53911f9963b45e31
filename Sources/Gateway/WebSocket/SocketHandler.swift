package import NIOCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Who the frames of a socket are for. Everything is called on the channel's loop.
package protocol SocketReceiver: AnyObject, Sendable {
  /// The socket is open: frames may be written.
  func opened()
  /// A whole message; text is valid UTF-8.
  func received(_ message: [UInt8], _ kind: FrameReader.Kind)
  /// A ping, which wants a pong.
  func pinged(_ payload: [UInt8])
  /// The client sent a close frame, or answered ours; `code` is what it is answered with.
  func receivedClose(_ code: UInt16)
  /// The client broke the rules: nothing more is read.
  func violated(_ violation: FrameViolation)
  func writabilityChanged(to isWritable: Bool)
  /// The server goes down.
  func quiesce()
  /// The channel is closed.
  func ended()
}

/// The only handler of a WebSocket's pipeline: reads frames, and writes ones that are complete, so that one encoded buffer
/// serves every channel. For an event stream the first of HTTP's pipeline, which reads nothing and writes past the encoder.
package final class SocketHandler: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  /// Nil where what comes is for the handlers behind this one.
  private var reader: FrameReader?
  private var receiver: (any SocketReceiver)?
  private var context: ChannelHandlerContext?
  /// The channel's socket, which NIO closes and, in the same turn of the loop, makes the channel inactive: to be used while that is
  /// active. Kept, since asking NIO for it costs more than a microsecond.
  private var socket: NIOBSDSocket.Handle?
  /// NIO may hold bytes that the socket has not taken: until it is known not to, nothing may overtake them.
  private var mayHoldBytes = true

  package init(limits: FrameReader.Limits) { reader = FrameReader(limits: limits) }

  /// A handler that only writes.
  package init() {}

  /// Says who the frames are for; before the handler is added to its pipeline.
  package func attach(_ receiver: any SocketReceiver) { self.receiver = receiver }

  /// Writes complete frames, to go out with the next flush. On the channel's loop.
  package func write(_ frames: ByteBuffer) {
    mayHoldBytes = true
    context?.write(wrapOutboundOut(frames), promise: nil)
  }

  /// Writes complete frames and sends all that was written. On the channel's loop.
  package func writeAndFlush(_ frames: ByteBuffer) {
    guard let context else { return }
    guard let rest = sendAtOnce(frames, context) else { return }
    mayHoldBytes = true
    context.writeAndFlush(wrapOutboundOut(rest), promise: nil)
  }

  /// Gives the bytes to the socket itself where nothing waits before them; what it did not take, nil for nothing. An event to a
  /// thousand sockets costs a quarter less this way than through NIO's list of pending writes, which a lone small write does not
  /// need. Errors are left for NIO to meet.
  private func sendAtOnce(_ frames: ByteBuffer, _ context: ChannelHandlerContext) -> ByteBuffer? {
    guard let socket, context.channel.isActive else { return frames }
    if mayHoldBytes {
      guard (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0 else { return frames }
      mayHoldBytes = false
    }
    let sent = frames.withUnsafeReadableBytes { send(socket, $0.baseAddress, $0.count, Self.sendFlags) }
    guard sent > 0 else { return frames }
    guard sent < frames.readableBytes else { return nil }
    return frames.getSlice(at: frames.readerIndex + sent, length: frames.readableBytes - sent)
  }

  #if canImport(Glibc)
    private static let sendFlags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
  #else
    private static let sendFlags = MSG_DONTWAIT
  #endif

  /// Writes the last that there is to write, and closes once it has been taken. On the channel's loop.
  package func writeAndClose(_ bytes: ByteBuffer) {
    guard let context else { return }
    let channel = context.channel
    mayHoldBytes = true
    let written = channel.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
  }

  /// Sends all that was written. On the channel's loop.
  package func flush() { context?.flush() }

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    // An event stream shares its channel with HTTP's handlers, which write too.
    if reader != nil {
      socket = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable { (socket: NIOBSDSocket.Handle) in
        socket
      }
    }
    receiver?.opened()
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    end()
    self.context = nil
    socket = nil
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard reader != nil else { return context.fireChannelRead(data) }
    unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
      var offset = 0
      while let event = reader?.next(in: bytes, at: &offset) {
        switch event {
        case .message(let kind, let message): receiver?.received(message, kind)
        case .ping(let payload): receiver?.pinged(payload)
        case .pong: break
        case .close(let code): receiver?.receivedClose(code)
        case .violation(let violation): receiver?.violated(violation)
        }
      }
    }
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    // Who does not read its replies gets no further commands carried out.
    if reader == nil {
      context.fireChannelWritabilityChanged()
    } else {
      try? context.channel.syncOptions?.setOption(.autoRead, value: isWritable)
    }
    receiver?.writabilityChanged(to: isWritable)
  }

  package func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent: receiver?.quiesce()
    case ChannelEvent.inputClosed: context.close(promise: nil)
    default: break
    }
  }

  /// Lets go of the receiver, which holds this handler.
  private func end() {
    receiver?.ended()
    receiver = nil
  }
}
