import NIOCore
import ServiceQueue

/// How commands and replies look on the wire. The data in them (events, snapshots, arguments, answers) are JSON in both.
enum WireFormat: Hashable, Sendable, CaseIterable {
  /// One JSON object a line, in text frames.
  case json
  /// Messages of `Protobuf/client.proto`, each behind its length, in binary frames.
  case protobuf
  /// Server-sent events in chunks of an HTTP answer, for clients that only read.
  case eventStream

  /// The kind of message that commands come in; others are refused with 1003.
  var kind: FrameReader.Kind {
    switch self {
    case .json, .eventStream: .text
    case .protobuf: .binary
    }
  }

  /// The commands of one frame.
  func commands(in frame: [UInt8]) throws(CommandDecoder.Malformed) -> [ClientCommand] {
    switch self {
    case .json: try CommandDecoder.decode(frame: frame)
    case .protobuf: try CommandDecoder.decode(protobuf: frame)
    case .eventStream: throw CommandDecoder.Malformed()
    }
  }

  /// One message.
  func encode(_ reply: ServerReply) -> [UInt8] {
    switch self {
    case .json: JSONReplies.encode(reply)
    case .protobuf: ProtobufReplies.encode(reply)
    case .eventStream: ServerSentEvents.encode(reply)
    }
  }

  /// One event for the subscribers of a queue.
  func push(_ publication: Publication, to queue: QueueName, of epoch: Epoch) -> [UInt8] {
    switch self {
    case .json: JSONReplies.push(publication, to: queue)
    case .protobuf: ProtobufReplies.push(publication, to: queue)
    case .eventStream: ServerSentEvents.change(publication, of: epoch)
    }
  }

  /// A change of presence for the subscribers of its queue that want to be told.
  func push(_ change: PresenceChange) -> [UInt8] {
    switch change.kind {
    case .joined: encode(.join(change.queue, change.entry))
    case .left: encode(.leave(change.queue, change.entry))
    }
  }

  /// The messages in as few frames as their size allows.
  func frames(_ messages: ArraySlice<[UInt8]>) -> ByteBuffer {
    switch self {
    case .json: ServerFrame.text(messages)
    case .protobuf: ServerFrame.binary(messages)
    case .eventStream: ServerSentEvents.chunk(messages)
    }
  }

  /// The last that a client hears.
  func close(_ reason: Disconnect) -> ByteBuffer {
    switch self {
    case .json, .protobuf: ServerFrame.close(reason)
    case .eventStream: ServerSentEvents.end(reason)
    }
  }
}

/// Who gets the same bytes.
struct Audience: Hashable, Sendable {
  let view: ViewLevel
  let format: WireFormat
}
