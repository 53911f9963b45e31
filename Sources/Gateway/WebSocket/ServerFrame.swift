package import NIOCore

/// Frames from the server: never masked, so one buffer serves every channel.
package enum ServerFrame {
  /// Messages are joined until a frame has so many bytes; a larger one message stays whole.
  static let joinedBytes = 64 * 1_024

  /// The messages, joined by newlines, in as few text frames as their size allows.
  static func text(_ messages: ArraySlice<[UInt8]>) -> ByteBuffer {
    join(messages, by: [UInt8(ascii: "\n")], opcode: 0x1)
  }

  /// The messages, one directly behind the other, in as few binary frames as their size allows.
  static func binary(_ messages: ArraySlice<[UInt8]>) -> ByteBuffer { join(messages, by: [], opcode: 0x2) }

  private static func join(_ messages: ArraySlice<[UInt8]>, by separator: [UInt8], opcode: UInt8) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(messages.reduce(16) { $0 + $1.count + separator.count })
    var rest = messages
    while let head = rest.first {
      var size = head.count
      var end = rest.startIndex + 1
      while end < rest.endIndex, size + separator.count + rest[end].count <= joinedBytes {
        size += separator.count + rest[end].count
        end += 1
      }
      write(opcode: opcode, length: size, to: &buffer)
      for index in rest.startIndex..<end {
        if index > rest.startIndex { buffer.writeBytes(separator) }
        buffer.writeBytes(rest[index])
      }
      rest = rest[end...]
    }
    return buffer
  }

  /// A close frame; the reason is cut to what a control frame holds.
  static func close(_ disconnect: Disconnect) -> ByteBuffer {
    let reason = disconnect.reason.utf8.prefix(123)
    var buffer = ByteBuffer()
    write(opcode: 0x8, length: 2 + reason.count, to: &buffer)
    buffer.writeInteger(disconnect.code)
    buffer.writeBytes(reason)
    return buffer
  }

  /// The answer to a WebSocket ping.
  package static func pong(_ payload: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer()
    write(opcode: 0xA, length: payload.count, to: &buffer)
    buffer.writeBytes(payload)
    return buffer
  }

  /// One message in one frame.
  package static func message(_ payload: [UInt8], _ kind: FrameReader.Kind) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(payload.count + 10)
    write(opcode: kind.rawValue, length: payload.count, to: &buffer)
    buffer.writeBytes(payload)
    return buffer
  }

  /// A close frame without a reason.
  package static func close(_ code: UInt16) -> ByteBuffer { close(Disconnect(code: code, reason: "")) }

  private static func write(opcode: UInt8, length: Int, to buffer: inout ByteBuffer) {
    buffer.writeInteger(0x80 | opcode)
    switch length {
    case ..<126: buffer.writeInteger(UInt8(length))
    case ..<65_536:
      buffer.writeInteger(UInt8(126))
      buffer.writeInteger(UInt16(length))
    default:
      buffer.writeInteger(UInt8(127))
      buffer.writeInteger(UInt64(length))
    }
  }
}
