import CZlib
import NIOCore

/// One stream of gzip (RFC 1952) by zlib: 260 KB while it lives. Not to be used by two tasks at once.
final class Gzip {
  /// zlib is out of memory, or was used wrongly.
  struct Failure: Error { let code: Int32 }

  /// JSON becomes a tenth at this level, at twice the speed of zlib's own choice, which gains little more.
  private static let level: Int32 = 4
  private let stream: UnsafeMutablePointer<z_stream>

  init() throws(Failure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 asks for gzip's header in place of zlib's.
    let code = deflateInit2_(
      stream, Self.level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { throw Failure(code: code) }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Takes more of the text, and returns what is ready of the stream, often nothing.
  func add(_ text: ByteBuffer) throws(Failure) -> ByteBuffer { try run(text, Z_NO_FLUSH) }

  /// The rest of the stream.
  func finish() throws(Failure) -> ByteBuffer { try run(ByteBuffer(), Z_FINISH) }

  /// The whole of `text` at once.
  static func compressed(_ text: ByteBuffer) throws(Failure) -> ByteBuffer {
    let gzip = try Gzip()
    var buffer = try gzip.add(text)
    buffer.writeImmutableBuffer(try gzip.finish())
    return buffer
  }

  private func run(_ text: ByteBuffer, _ flush: Int32) throws(Failure) -> ByteBuffer {
    var code = Z_OK
    var buffer = ByteBuffer()
    text.withUnsafeReadableBytes { text in
      // zlib only reads through it.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: text.bindMemory(to: Bytef.self).baseAddress)
      stream.pointee.avail_in = UInt32(text.count)
      repeat {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 16_384) { room in
          stream.pointee.next_out = room.bindMemory(to: Bytef.self).baseAddress
          stream.pointee.avail_out = UInt32(room.count)
          code = deflate(stream, flush)
          return room.count - Int(stream.pointee.avail_out)
        }
      } while code == Z_OK && (stream.pointee.avail_out == 0 || flush == Z_FINISH)
    }
    // Nothing to do is no error.
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw Failure(code: code) }
    return buffer
  }
}
