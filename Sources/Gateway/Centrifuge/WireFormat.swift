import NIOCore
import ServiceQueue

/// How commands and replies look on the wire. The data in them (events, snapshots, arguments, answers) are JSON in both.
enum WireFormat: Hashable, Sendable, CaseIterable {
  /// One JSON object a line, in text frames.
  case json

  /// The commands of one frame.
  func commands(in frame: [UInt8]) throws(CommandDecoder.Malformed) -> [ClientCommand] {
    switch self {
    case .json: try CommandDecoder.decode(frame: frame)
    }
  }

  /// One message.
  func encode(_ reply: ServerReply) -> [UInt8] {
    switch self {
    case .json: JSONReplies.encode(reply)
    }
  }

  /// One event for the subscribers of a queue.
  func push(_ publication: Publication, to queue: QueueName) -> [UInt8] {
    switch self {
    case .json: JSONReplies.push(publication, to: queue)
    }
  }

  /// The messages in as few frames as their size allows.
  func frames(_ messages: ArraySlice<[UInt8]>) -> ByteBuffer {
    switch self {
    case .json: ServerFrame.text(messages)
    }
  }
}

/// Who gets the same bytes.
struct Audience: Hashable, Sendable {
  let view: ViewLevel
  let format: WireFormat
}
