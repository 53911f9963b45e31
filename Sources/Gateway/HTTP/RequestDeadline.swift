import NIOCore
import NIOHTTPTypes

/// Gives each request, from the end of its head to the end of its body, so much time and no more: a body that drips in a
/// byte at a time keeps a connection that is never idle. What is late ends as an error of the body, and with it the
/// connection.
final class RequestDeadline: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart

  /// The body did not come in time.
  struct Passed: Error {}

  private let timeout: TimeAmount
  private var deadline: Scheduled<Void>?
  /// From a head to its end.
  private var isIncomplete = false

  init(_ timeout: TimeAmount) { self.timeout = timeout }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: isIncomplete = true
    case .body: break
    case .end:
      isIncomplete = false
      deadline?.cancel()
      deadline = nil
    }
    context.fireChannelRead(data)
  }

  /// Most requests come whole: only what is still to come needs a timer.
  func channelReadComplete(context: ChannelHandlerContext) {
    if isIncomplete && deadline == nil {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      deadline = context.eventLoop.scheduleTask(in: timeout) { bound.value.fireErrorCaught(Passed()) }
    }
    context.fireChannelReadComplete()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }
}
