import FoundationEssentials
import ServiceQueue
import SwiftProtobuf

extension CommandDecoder {
  /// The commands of a binary frame: each behind its length as a varint. What holds a `data` field holds JSON in it.
  static func decode(protobuf frame: [UInt8]) throws(Malformed) -> [ClientCommand] {
    var commands = [ClientCommand]()
    var rest = frame[...]
    while !rest.isEmpty {
      guard commands.count < maximumCommands else { throw Malformed() }
      let length = try length(from: &rest)
      guard length <= rest.count else { throw Malformed() }
      let message: WireCommand
      do { message = try WireCommand(serializedBytes: Array(rest.prefix(length)), options: options) } catch {
        throw Malformed()
      }
      rest = rest.dropFirst(length)
      commands.append(try command(message.id, body(of: message)))
    }
    guard !commands.isEmpty else { throw Malformed() }
    return commands
  }

  private static let options: BinaryDecodingOptions = {
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    // Of what is known nothing is deeper than 3.
    options.messageDepthLimit = 8
    return options
  }()

  /// A varint of at most 32 bits.
  private static func length(from bytes: inout ArraySlice<UInt8>) throws(Malformed) -> Int {
    var length = 0
    for shift in stride(from: 0, through: 28, by: 7) {
      guard let byte = bytes.popFirst() else { throw Malformed() }
      length |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return length }
    }
    throw Malformed()
  }

  /// The first request that is there, in the same order as in JSON.
  private static func body(of command: WireCommand) throws(Malformed) -> ClientCommand.Body {
    if command.hasConnect { return .connect(token: command.connect.token) }
    if command.hasPing { return .ping }
    if command.hasSubscribe { return .subscribe(try subscribe(command.subscribe)) }
    if command.hasUnsubscribe { return .unsubscribe(channel: try named(command.unsubscribe.channel)) }
    if command.hasPublish { return .unsupported("publish") }
    if command.hasPresence { return .presence(channel: try named(command.presence.channel)) }
    if command.hasPresenceStats { return .presenceStats(channel: try named(command.presenceStats.channel)) }
    if command.hasHistory { return .history(try history(command.history)) }
    if command.hasRpc { return .rpc(method: command.rpc.method, data: try json(command.rpc.data)) }
    if command.hasSend { return .send }
    if command.hasRefresh { return .refresh(token: try named(command.refresh.token)) }
    if command.hasSubRefresh { return .unsupported("sub_refresh") }
    return .pong
  }

  private static func subscribe(_ message: WireSubscribeRequest) throws(Malformed) -> SubscribeRequest {
    var request = SubscribeRequest(channel: try named(message.channel))
    request.recovers = message.recover
    request.epoch = message.epoch
    request.offset = message.offset
    request.refusesUnrecovered = message.flag & SubscribeRequest.rejectUnrecoveredFlag != 0
    request.joinLeave = message.joinLeave
    request.data = try json(message.data).flatMap { $0.isNull ? nil : $0 }
    return request
  }

  private static func history(_ message: WireHistoryRequest) throws(Malformed) -> HistoryRequest {
    var request = HistoryRequest(channel: try named(message.channel))
    request.limit = Int(message.limit)
    if message.hasSince { request.since = .init(offset: message.since.offset, epoch: message.since.epoch) }
    request.reverse = message.reverse
    return request
  }

  private static func named(_ text: String) throws(Malformed) -> String {
    guard !text.isEmpty else { throw Malformed() }
    return text
  }

  /// Nil for an empty field.
  private static func json(_ data: Data) throws(Malformed) -> JSONValue? {
    guard !data.isEmpty else { return nil }
    do { return try JSONScanner.parse(Array(data)) } catch { throw Malformed() }
  }
}
