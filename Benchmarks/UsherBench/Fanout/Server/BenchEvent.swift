import CFanout
import ServiceQueue

/// The event that is sent: a renumbering of two services, whose publication is `size` bytes, the moment at which it was made
/// in place of the first order key.
enum BenchEvent {
  static let queueName = "bench"
  static let channel = "queue:bench"
  static let size = 256
  /// What stands before the moment.
  static let stamp = #""order":"#
  /// The version before the first event: all have six digits, so that all events have one size.
  static let firstVersion: QueueVersion = 100_000
  static let lastVersion: QueueVersion = 999_999

  /// Makes the events of one queue.
  struct Maker: Sendable {
    let queue: QueueName
    let epoch: Epoch
    private let first: ServiceID
    private let second: QueueEvent.Renumbering

    /// Throws when a publication would not have the size.
    init() throws {
      guard let queue = QueueName(queueName), let epoch = Epoch("bench"),
        let first = ServiceID("01900000-0000-7000-8000-000000000001"),
        let id = ServiceID("01900000-0000-7000-8000-000000000002"), let order = OrderKey(0)
      else { throw BenchError("the names of the event are none; this is a bug") }
      self.queue = queue
      self.epoch = epoch
      self.first = first
      second = QueueEvent.Renumbering(id: id, order: order)
      var json = JSONWriter()
      json.event(make(firstVersion + 1), as: .board, personal: nil)
      guard json.bytes.count == size else {
        throw BenchError("a publication has \(json.bytes.count) bytes, not \(size): change the event of the benchmark")
      }
    }

    /// The event of that version, made now.
    func make(_ version: QueueVersion) -> QueueEvent {
      let stamp = OrderKey(Int64(CFANOUT_STAMP + cfanout_now())) ?? second.order
      return QueueEvent(
        queue: queue, epoch: epoch, version: version, digest: QueueDigest(), at: Timestamp(milliseconds: wallClock()),
        actor: "bench", change: .renumbered([.init(id: first, order: stamp), second]))
    }
  }
}
