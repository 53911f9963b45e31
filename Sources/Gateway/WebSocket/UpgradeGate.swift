import NIOCore
import NIOHTTP1

/// Stands before NIO's upgrade handler and takes the Upgrade header off requests that will not be upgraded: that handler
/// would lose their head, and the client would get an empty answer instead of its 200, 401 or 404. NIO's decoder stops after
/// such a request, so its answer is made the connection's last.
///
/// Only a connection's first request can upgrade, and until it has come this handler also guards the socket: it ends one
/// that says nothing in time or whose address has too many like it, answers what is no HTTP, and obeys a shutdown.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let policy: UpgradePolicy
  private let connections: Connections
  private let timeout: TimeAmount
  private var hasDecided = false
  private var isUpgraded = false
  private var deadline: Scheduled<Void>?

  init(policy: UpgradePolicy, timeout: TimeAmount, connections: Connections) {
    self.policy = policy
    self.timeout = timeout
    self.connections = connections
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    guard connections.arrived(context.channel) else { return context.close(promise: nil) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    connections.settled(context.channel)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Once upgraded, frames pass, not requests.
    guard !isUpgraded, case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    let isFirst = !hasDecided
    hasDecided = true
    deadline?.cancel()
    if isFirst, policy.refusal(of: head) == nil, connections.hasRoom {
      isUpgraded = true
    } else {
      connections.settled(context.channel)
      if head.headers.contains(name: "upgrade") {
        head.headers.remove(name: "upgrade")
        head.headers.replaceOrAdd(name: "connection", value: "close")
      }
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent where !hasDecided, ChannelEvent.inputClosed where !hasDecided:
      context.close(promise: nil)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !hasDecided else { return context.fireErrorCaught(error) }
    hasDecided = true
    if error is HTTPParserError {
      let headers = HTTPHeaders([("connection", "close"), ("content-length", "0")])
      context.write(
        wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers))), promise: nil
      )
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
    context.close(promise: nil)
  }
}
