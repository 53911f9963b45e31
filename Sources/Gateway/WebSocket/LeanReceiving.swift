package import NIOCore

/// Receive buffers that a channel does not keep: NIO's pool holds on to the first buffer of a channel for as long as it lives, so
/// the first is small and every read gets one of its own, which is freed when it has been read.
///
/// The next buffer is twice as long after a read that filled one, half as long after one that took less than a quarter.
package struct LeanReceiving: RecvByteBufferAllocator {
  /// What a channel keeps, in bytes: enough for the first part of a request.
  static let kept = 256
  static let range = 1_024...65_536

  private var next = LeanReceiving.kept

  package init() {}

  package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { allocator.buffer(capacity: next) }

  /// True always: the buffer that is kept is not used again.
  package mutating func record(actualReadBytes: Int) -> Bool {
    if actualReadBytes >= next {
      next *= 2
    } else if actualReadBytes < next / 4 {
      next /= 2
    }
    next = min(max(next, Self.range.lowerBound), Self.range.upperBound)
    return true
  }

  /// Makes a new channel's receiving lean; before its first read.
  package static func set(on channel: any Channel) throws {
    let options = channel.syncOptions
    try options?.setOption(.recvAllocator, value: LeanReceiving())
    // One buffer kept, not one a read.
    try options?.setOption(.maxMessagesPerRead, value: 1)
  }
}
