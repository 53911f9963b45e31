import HTTPTypes
import NIOCore
import NIOHTTP1
import ServiceQueue

/// Stands before NIO's upgrade handler and takes the Upgrade header off requests that will not be upgraded: that handler
/// would lose their head, and the client would get an empty answer instead of its 200, 401 or 404. NIO's decoder stops after
/// such a request, so its answer is made the connection's last.
///
/// Only a connection's first request can upgrade, and until it has come this handler also guards the socket: it ends one
/// that says nothing in time or whose address has too many like it, answers what is no HTTP, and obeys a shutdown. Every head
/// has to keep `RequestHeadRules`.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let policy: UpgradePolicy
  private let connections: Connections
  private let ids: ServiceIDs
  private let timeout: TimeAmount
  private var hasDecided = false
  private var isUpgraded = false
  /// A head was refused: what follows it is not looked at.
  private var isRefused = false
  private var deadline: Scheduled<Void>?

  init(policy: UpgradePolicy, timeout: TimeAmount, connections: Connections, ids: ServiceIDs) {
    self.policy = policy
    self.timeout = timeout
    self.connections = connections
    self.ids = ids
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
    guard !isRefused else { return }
    guard !isUpgraded, case .head(let received) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    guard RequestHeadRules.allow(received) else {
      isRefused = true
      return errorCaught(context: context, error: HTTPParserError.invalidHeaderToken)
    }
    var head = RequestHeadRules.normalised(received)
    let isFirst = !hasDecided
    hasDecided = true
    deadline?.cancel()
    if isFirst, policy.refusal(of: head) == nil, connections.hasRoom,
      connections.introduced(context.channel, forwarded: head.headers["x-forwarded-for"])
    {
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
    guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
    refuse(error, context)
    // Closing on what is still coming in would reset the connection, and with it the answer.
    let channel = context.channel
    context.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
  }

  private static let linger: TimeAmount = .milliseconds(500)

  /// What cannot be read gets 400, and what is too long to be read its own problem: nobody behind will see it.
  private func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
    var response = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: ["connection": "close"])
    var body = ByteBuffer()
    if error == .headerOverflow {
      let id = ids.next().rawValue
      let refusal = GatewayError(.headersTooLarge, "a header field may have 16 KiB, and all of them 32 KiB")
      response.status = .requestHeaderFieldsTooLarge
      response.headers.add(name: "content-type", value: "application/problem+json")
      response.headers.add(name: RequestID.header.rawName, value: id)
      body.writeBytes(Problem.json(refusal, requestID: id))
    }
    response.headers.add(name: "content-length", value: "\(body.readableBytes)")
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
