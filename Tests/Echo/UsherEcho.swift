import Gateway
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// `usher-echo PORT`: sends every WebSocket message back, on the Gateway's own WebSocket stack with raised limits, for the
/// Autobahn fuzzing client. Listens on the loopback until it is stopped; prints the port when it does.
@main
enum UsherEcho {
  /// The longest message, in bytes: more than the fuzzing client sends.
  static let longestMessage = 64 * 1_024 * 1_024

  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 0
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try setUp(channel) } }
      .bind(host: "127.0.0.1", port: port).get()
    // At once, into a pipe, too.
    print("listening on \(listener.localAddress?.port ?? port)")
    fflush(nil)
    try await listener.closeFuture.get()
  }

  private static func setUp(_ channel: any Channel) throws {
    try LeanReceiving.set(on: channel)
    let upgrader = SocketUpgrader<Bool>(
      headers: { _ in [:] },
      start: { channel, _ in
        let socket = SocketHandler(limits: .init(message: longestMessage, kind: nil))
        socket.attach(Echo(channel: channel, socket: NIOLoopBound(socket, eventLoop: channel.eventLoop)))
        try channel.pipeline.syncOperations.addHandler(socket)
        return true
      })
    _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
      configuration: NIOUpgradableHTTPServerPipelineConfiguration(
        upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
          upgraders: [upgrader],
          notUpgradingCompletionHandler: { channel in channel.close().map { false } })))
  }
}

/// Sends back what came, and closes as the Gateway does.
private final class Echo: SocketReceiver {
  private let channel: any Channel
  private let socket: NIOLoopBound<SocketHandler>

  init(channel: any Channel, socket: NIOLoopBound<SocketHandler>) {
    self.channel = channel
    self.socket = socket
  }

  func opened() {}

  func received(_ message: [UInt8], _ kind: FrameReader.Kind) {
    socket.value.writeAndFlush(ServerFrame.message(message, kind))
  }

  func pinged(_ payload: [UInt8]) { socket.value.writeAndFlush(ServerFrame.pong(payload)) }

  func receivedClose(_ code: UInt16) { end(code) }

  func violated(_ violation: FrameViolation) { end(violation.code) }

  func writabilityChanged(to isWritable: Bool) {}

  func quiesce() { end(1_001) }

  func ended() {}

  private func end(_ code: UInt16) {
    socket.value.writeAndFlush(ServerFrame.close(code))
    channel.close(promise: nil)
  }
}
