import NIOCore
import NIOPosix
import ServiceQueue
import Testing

/// A TCP connection of a test: writes bytes, reads what comes.
struct TestConnection: Sendable {
  let channel: any Channel
  let received: AsyncStream<[UInt8]>

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      continuation.yield(Array(buffer: unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  init(port: Int, reads: Bool = true) async throws {
    let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
    received = stream
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      .channelOption(.socketOption(.so_rcvbuf), value: reads ? 262_144 : 4_096)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(continuation))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
  }

  func write(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  /// Sends a request and reads until the server closes.
  static func exchange(port: Int, bytes: [UInt8]) async throws -> [UInt8] {
    let connection = try await TestConnection(port: port)
    if !bytes.isEmpty { try await connection.write(bytes) }
    var all = [UInt8]()
    for await some in connection.received { all += some }
    return all
  }
}

/// A WebSocket client made by hand, so that it can also break the rules.
actor TestSocket {
  struct Frame: Sendable {
    let opcode: UInt8
    let payload: [UInt8]
    var text: String { String(decoding: payload, as: UTF8.self) }
    /// The code of a close frame.
    var closeCode: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    var closeReason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
  }

  struct Ended: Error {}
  struct TimedOut: Error {}

  nonisolated let connection: TestConnection
  private var iterator: AsyncStream<[UInt8]>.AsyncIterator
  private var buffer: [UInt8] = []
  private var lines: [JSONValue] = []
  nonisolated let handshake: String

  init(
    port: Int, path: String = "/connection/websocket", headers: [(String, String)] = [], reads: Bool = true
  ) async throws {
    connection = try await TestConnection(port: port)
    var request = TestRequest(
      "GET", path,
      headers: [
        ("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
      ])
    request.headers += headers
    try await connection.write(request.bytes)
    var iterator = connection.received.makeAsyncIterator()
    var bytes = [UInt8]()
    var head: String?
    while head == nil, let some = await iterator.next() {
      bytes += some
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.firstRange(of: "\r\n\r\n") {
        head = String(text[..<end.lowerBound])
        bytes = Array(text[end.upperBound...].utf8)
      }
    }
    handshake = try #require(head)
    self.iterator = iterator
    buffer = bytes
    try #require(handshake.hasPrefix("HTTP/1.1 101"), "\(handshake)")
  }

  /// Sends a text frame, masked as clients must.
  func send(_ text: String) async throws { try await send(opcode: 1, Array(text.utf8)) }

  func send(opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, reserved: UInt8 = 0) async throws
  {
    var frame: [UInt8] = [(fin ? 0x80 : 0) | reserved | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: frame.append(mask | UInt8(payload.count))
    case ..<65_536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: frame += [mask | 127, 0, 0, 0, 0] + (0..<4).map { UInt8(payload.count >> (24 - $0 * 8) & 0xFF) }
    }
    let key: [UInt8] = [1, 2, 3, 4]
    if masked {
      frame += key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    } else {
      frame += payload
    }
    try await connection.write(frame)
  }

  /// The next frame; throws `Ended` when the server has closed.
  func frame() async throws -> Frame {
    while true {
      if let frame = takeFrame() { return frame }
      var iterator = iterator
      let some = await iterator.next(isolation: self)
      self.iterator = iterator
      guard let some else { throw Ended() }
      buffer += some
    }
  }

  /// The next reply or push; server pings are answered and left out.
  func reply() async throws -> JSONValue {
    while true {
      while !lines.isEmpty {
        let line = lines.removeFirst()
        if line == .object(JSONObject()) { try await send("{}") } else { return line }
      }
      let frame = try await frame()
      guard frame.opcode == 1 else {
        Issue.record(
          "a text frame was expected, not opcode \(frame.opcode): \(frame.closeCode ?? 0) \(frame.closeReason)")
        throw Ended()
      }
      lines = try frame.payload.split(separator: UInt8(ascii: "\n")).map {
        try JSONScanner.parse(Array($0), limits: .init(bytes: 1 << 24))
      }
    }
  }

  /// The reply to a command.
  func call(_ id: Int, _ command: String) async throws -> JSONValue {
    try await send(#"{"id":\#(id),\#(command)}"#)
    while true {
      let reply = try await reply()
      if reply["id"]?.int == Int64(id) { return reply }
    }
  }

  /// The next push of a publication, as (offset, data).
  func publication() async throws -> (Int64, JSONValue) {
    while true {
      let reply = try await reply()
      if let pub = reply[path: ["push", "pub"]] { return (pub["offset"]?.int ?? -1, pub["data"] ?? .null) }
      if reply["push"] != nil { Issue.record("not a publication: \(reply)") }
    }
  }

  /// Reads on until the server's close frame.
  func close() async throws -> Frame {
    while true {
      let frame = try await frame()
      if frame.opcode == 8 { return frame }
    }
  }

  /// Reads on until the server's close frame; its code.
  func closeCode() async throws -> Int { try await close().closeCode ?? 0 }

  private func takeFrame() -> Frame? {
    guard buffer.count >= 2 else { return nil }
    var length = Int(buffer[1] & 0x7F)
    var start = 2
    if length == 126 {
      guard buffer.count >= 4 else { return nil }
      length = Int(buffer[2]) << 8 | Int(buffer[3])
      start = 4
    } else if length == 127 {
      guard buffer.count >= 10 else { return nil }
      length = buffer[2..<10].reduce(0) { $0 << 8 | Int($1) }
      start = 10
    }
    guard buffer.count >= start + length else { return nil }
    let frame = Frame(opcode: buffer[0] & 0xF, payload: Array(buffer[start..<start + length]))
    buffer.removeFirst(start + length)
    return frame
  }
}
