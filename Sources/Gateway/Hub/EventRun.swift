import NIOCore
import ServiceQueue

/// Some events of one queue that follow each other without a gap, encoded once for all subscribers of a view.
struct EventRun: Sendable {
  let queue: QueueName
  let epoch: Epoch
  /// The version of the first event.
  let first: QueueVersion
  /// Each event's push, JSON.
  let pushes: [[UInt8]]
  /// All pushes as WebSocket frames, ready to be written to any number of channels.
  let frames: ByteBuffer

  /// The version of the last event.
  var last: QueueVersion { first + QueueVersion(pushes.count) - 1 }

  init(queue: QueueName, epoch: Epoch, first: QueueVersion, pushes: [[UInt8]]) {
    self.queue = queue
    self.epoch = epoch
    self.first = first
    self.pushes = pushes
    self.frames = ServerFrame.text(pushes[...])
  }
}
