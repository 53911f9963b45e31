import NIOCore
import ServiceQueue

/// Some events of one queue that follow each other without a gap, encoded once for all of an audience.
struct EventRun: Sendable {
  let queue: QueueName
  let epoch: Epoch
  /// The version of the first event.
  let first: QueueVersion
  /// How they are encoded.
  let format: WireFormat
  /// Each event's push.
  let pushes: [[UInt8]]
  /// All pushes as WebSocket frames, ready to be written to any number of channels.
  let frames: ByteBuffer

  /// The version of the last event.
  var last: QueueVersion { first + QueueVersion(pushes.count) - 1 }

  init(queue: QueueName, epoch: Epoch, first: QueueVersion, format: WireFormat, pushes: [[UInt8]]) {
    self.queue = queue
    self.epoch = epoch
    self.first = first
    self.format = format
    self.pushes = pushes
    self.frames = format.frames(pushes[...])
  }
}
