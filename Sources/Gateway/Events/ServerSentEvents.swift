import NIOCore
import ServiceQueue

/// Writes replies and events as server-sent events (WHATWG HTML, section 9.2), and those as chunks of an HTTP/1.1 answer (RFC
/// 9112, section 7.1), so that one buffer serves every stream. Data are JSON, which has no line breaks.
///
/// | event | id | data |
/// |---|---|---|
/// | `snapshot` | `EPOCH:VERSION` | the queue's snapshot |
/// | `change` | `EPOCH:VERSION` | one event of the queue |
/// | `reset` | | `{code, reason}`; a snapshot follows |
/// | `end` | | `{code, reason}` as a WebSocket's disconnect; the stream is over |
enum ServerSentEvents {
  /// How long a client waits before it comes back, in milliseconds: spread, so that not all come at once.
  static let retry: ClosedRange<Int> = 1_000...3_000

  private static let ping = Array(": ping\n\n".utf8)

  /// Nothing for what a client that only reads need not know.
  static func encode(_ reply: ServerReply) -> [UInt8] {
    switch reply {
    case .ping: ping
    case .connect(_, let terms): Array("retry: \(wait(of: terms.client))\n\n".utf8)
    case .subscribe(_, let loaded):
      switch loaded.content {
      case .snapshot(let data): event("snapshot", data, id: (loaded.epoch, loaded.version))
      case .recovered(let missed): missed.flatMap { change($0, of: loaded.epoch) }
      }
    case .unsubscribed(_, let reason): event("reset", json(code: reason.code, reason.reason))
    case .error, .refresh, .unsubscribe, .presence, .presenceStats, .history, .rpc, .pong, .join, .leave: []
    }
  }

  static func change(_ publication: Publication, of epoch: Epoch) -> [UInt8] {
    event("change", publication.data, id: (epoch, publication.offset))
  }

  /// The events as one chunk; no bytes for none, since an empty chunk would be the answer's end.
  static func chunk(_ events: ArraySlice<[UInt8]>) -> ByteBuffer {
    let size = events.reduce(0) { $0 + $1.count }
    guard size > 0 else { return ByteBuffer() }
    var buffer = ByteBuffer()
    buffer.reserveCapacity(size + 16)
    buffer.writeString("\(String(size, radix: 16))\r\n")
    for event in events { buffer.writeBytes(event) }
    buffer.writeStaticString("\r\n")
    return buffer
  }

  /// The last event, and the answer's end.
  static func end(_ reason: Disconnect) -> ByteBuffer {
    var buffer = chunk([event("end", json(code: UInt32(reason.code), reason.reason))])
    buffer.writeStaticString("0\r\n\r\n")
    return buffer
  }

  /// Differs from connection to connection: made from the end of its id, which is random.
  private static func wait(of connection: String) -> Int {
    retry.lowerBound + (Int(connection.suffix(6), radix: 16) ?? 0) % retry.count
  }

  private static func json(code: UInt32, _ reason: String) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("code")
      $0.number(code)
      $0.key("reason")
      $0.string(reason)
    }
    return json.bytes
  }

  private static func event(_ name: StaticString, _ data: [UInt8], id: (Epoch, QueueVersion)? = nil) -> [UInt8] {
    var text = "event: \(name)\n"
    if let (epoch, version) = id { text += "id: \(epoch):\(version)\n" }
    text += "data: "
    var bytes = [UInt8]()
    bytes.reserveCapacity(text.utf8.count + data.count + 2)
    bytes += text.utf8
    bytes += data
    bytes += [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
    return bytes
  }
}
