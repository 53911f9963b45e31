import NIOCore
import ServiceQueue

extension ConnectionActor {
  /// Makes the connection of a channel that has become a WebSocket, or an event stream where `stream` is given, and counts it
  /// among those that are open. It begins when `socket` is added to the channel's pipeline, which is left to the caller. On the
  /// channel's loop; throws when the channel is closed, or its loop is not one of the hub's.
  static func open(
    on channel: any Channel, _ socket: SocketHandler, format: WireFormat, stream: StreamClient? = nil,
    _ services: GatewayServices
  ) throws {
    guard channel.isActive, let part = services.hub.part(of: channel.eventLoop) else {
      throw ChannelError.ioOnClosedChannel
    }
    let connection = ConnectionActor(
      channel: channel, socket: NIOLoopBound(socket, eventLoop: channel.eventLoop), hub: part, format: format,
      id: services.ids.next().rawValue, services: services, stream: stream)
    socket.attach(connection)
    try setWaterMark(of: channel)
    services.connections.add(connection)
  }

  /// From how much unsent on a reader counts as slow, and from how little it does not any more.
  private static func setWaterMark(of channel: any Channel) throws {
    try channel.syncOptions?.setOption(
      ChannelOptions.writeBufferWaterMark, value: .init(low: 256 * 1_024, high: 1_024 * 1_024))
  }
}
