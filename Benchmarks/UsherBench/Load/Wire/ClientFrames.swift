/// WebSocket frames as a client reads and writes them (RFC 6455). Pure.
struct ClientFrames {
  /// What came.
  enum Message: Hashable, Sendable {
    case text([UInt8])
    case ping([UInt8])
    case close(Int)
  }

  private static let longest = 64 * 1_024 * 1_024

  private var bytes: [UInt8] = []
  private var fragments: [UInt8] = []

  mutating func append(_ more: [UInt8]) { bytes += more }

  /// The next whole message; nil until it has come. Pongs are passed over.
  mutating func next() throws(LoadError) -> Message? {
    while let (isFinal, operation, payload) = try frame() {
      switch operation {
      case 0, 1:
        fragments += payload
        guard fragments.count <= Self.longest else { throw LoadError("bad_frame") }
        guard isFinal else { continue }
        defer { fragments = [] }
        return .text(fragments)
      case 8: return .close(payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1_005)
      case 9: return .ping(payload)
      case 10: continue
      default: throw LoadError("bad_frame")
      }
    }
    return nil
  }

  private mutating func frame() throws(LoadError) -> (isFinal: Bool, operation: UInt8, payload: [UInt8])? {
    guard bytes.count >= 2 else { return nil }
    // A server does not mask, and no extension was agreed on.
    guard bytes[1] & 0x80 == 0, bytes[0] & 0x70 == 0 else { throw LoadError("bad_frame") }
    var (length, head) = (Int(bytes[1]), 2)
    if length >= 126 {
      head = length == 126 ? 4 : 10
      guard bytes.count >= head else { return nil }
      length = bytes[2..<head].reduce(0) { $0 << 8 | Int($1) }
    }
    guard (0...Self.longest).contains(length) else { throw LoadError("bad_frame") }
    guard bytes.count >= head + length else { return nil }
    let frame = (bytes[0] & 0x80 != 0, bytes[0] & 0x0F, Array(bytes[head..<head + length]))
    bytes.removeSubrange(..<(head + length))
    return frame
  }

  /// A text of ours.
  static func text(_ payload: [UInt8]) -> [UInt8] { frame(1, payload) }
  static func pong(_ payload: [UInt8]) -> [UInt8] { frame(10, payload) }
  static var close: [UInt8] { frame(8, [0x03, 0xE8]) }

  private static func frame(_ operation: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [0x80 | operation]
    if payload.count < 126 {
      frame.append(0x80 | UInt8(payload.count))
    } else if payload.count < 65_536 {
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    } else {
      frame.append(0x80 | 127)
      frame += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    // Masked with zeros, which leaves the payload as it is: the mask is for proxies, of which there are none.
    return frame + [0, 0, 0, 0] + payload
  }
}
