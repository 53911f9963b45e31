import HTTPTypes
import Hummingbird
import NIOCore

/// Compresses a body while it is written, piece by piece: it holds no more of it than what zlib does.
struct GzipBodyWriter: ResponseBodyWriter {
  /// How much is compressed before others get their turn: a millisecond or two.
  private static let slice = 65_536

  private var parent: any ResponseBodyWriter
  private var gzip: Gzip?

  init(parent: any ResponseBodyWriter) { self.parent = parent }

  mutating func write(_ buffer: ByteBuffer) async throws {
    let gzip = try stream()
    var buffer = buffer
    while let part = buffer.readSlice(length: min(Self.slice, buffer.readableBytes)), part.readableBytes > 0 {
      let ready = try gzip.add(part)
      if ready.readableBytes > 0 { try await parent.write(ready) } else { await Task.yield() }
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    try await parent.write(stream().finish())
    try await parent.finish(trailingHeaders)
  }

  private mutating func stream() throws -> Gzip {
    if let gzip { return gzip }
    let made = try Gzip()
    gzip = made
    return made
  }
}
