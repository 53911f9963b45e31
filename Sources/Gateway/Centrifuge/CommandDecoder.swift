import ServiceQueue

/// Reads commands: in JSON one object a line, several lines a frame; in Protobuf as `decode(protobuf:)` says. Members that are
/// not known are let pass, as in the protocol's own server, for SDKs grow.
enum CommandDecoder {
  /// The frame was not made of commands: the connection ends as `bad request`.
  struct Malformed: Error, Hashable {}

  /// The most commands of one frame.
  static let maximumCommands = 128

  static func decode(frame: [UInt8]) throws(Malformed) -> [ClientCommand] {
    var commands = [ClientCommand]()
    for line in frame.split(separator: UInt8(ascii: "\n")) {
      guard commands.count < maximumCommands else { throw Malformed() }
      let value: JSONValue
      do { value = try JSONScanner.parse(line) } catch { throw Malformed() }
      commands.append(try decode(value))
    }
    guard !commands.isEmpty else { throw Malformed() }
    return commands
  }

  static func decode(_ value: JSONValue) throws(Malformed) -> ClientCommand {
    guard let object = value.object else { throw Malformed() }
    var id: UInt32 = 0
    if let number = object["id"] {
      guard let whole = number.int.flatMap(UInt32.init(exactly:)) else { throw Malformed() }
      id = whole
    }
    return try command(id, body(of: object))
  }

  /// Without an id it is a pong, whatever else it holds, as in the protocol's own server.
  static func command(_ id: UInt32, _ body: ClientCommand.Body) throws(Malformed) -> ClientCommand {
    switch body {
    case .pong where id != 0: throw Malformed()
    case .pong, .send: ClientCommand(id: id, body: body)
    default: ClientCommand(id: id, body: id == 0 ? .pong : body)
    }
  }

  /// The first request that is there, in the order in which the protocol's own server looks.
  private static func body(of object: JSONObject) throws(Malformed) -> ClientCommand.Body {
    if let request = try request("connect", of: object) { return .connect(token: try text("token", of: request)) }
    if try request("ping", of: object) != nil { return .ping }
    if let request = try request("subscribe", of: object) { return .subscribe(try subscribe(request)) }
    if let request = try request("unsubscribe", of: object) {
      return .unsubscribe(channel: try channel(of: request))
    }
    if try request("publish", of: object) != nil { return .unsupported("publish") }
    if let request = try request("presence", of: object) { return .presence(channel: try channel(of: request)) }
    if let request = try request("presence_stats", of: object) {
      return .presenceStats(channel: try channel(of: request))
    }
    if let request = try request("history", of: object) { return .history(try history(request)) }
    if let request = try request("rpc", of: object) {
      return .rpc(method: try text("method", of: request), data: request["data"])
    }
    if try request("send", of: object) != nil { return .send }
    if let request = try request("refresh", of: object) {
      let token = try text("token", of: request)
      guard !token.isEmpty else { throw Malformed() }
      return .refresh(token: token)
    }
    if try request("sub_refresh", of: object) != nil { return .unsupported("sub_refresh") }
    return .pong
  }

  private static func subscribe(_ object: JSONObject) throws(Malformed) -> SubscribeRequest {
    var request = SubscribeRequest(channel: try channel(of: object))
    request.recovers = try flag("recover", of: object)
    request.epoch = try text("epoch", of: object)
    request.offset = UInt64(try number("offset", of: object))
    request.refusesUnrecovered = try number("flag", of: object) & SubscribeRequest.rejectUnrecoveredFlag != 0
    request.joinLeave = try flag("join_leave", of: object)
    request.data = object["data"].flatMap { $0.isNull ? nil : $0 }
    return request
  }

  private static func history(_ object: JSONObject) throws(Malformed) -> HistoryRequest {
    var request = HistoryRequest(channel: try channel(of: object))
    request.limit = Int(clamping: try wholeNumber("limit", of: object))
    if let since = try self.request("since", of: object) {
      request.since = .init(offset: UInt64(try number("offset", of: since)), epoch: try text("epoch", of: since))
    }
    request.reverse = try flag("reverse", of: object)
    return request
  }

  private static func request(_ name: String, of object: JSONObject) throws(Malformed) -> JSONObject? {
    guard let value = object[name], !value.isNull else { return nil }
    guard let request = value.object else { throw Malformed() }
    return request
  }

  private static func channel(of object: JSONObject) throws(Malformed) -> String {
    let channel = try text("channel", of: object)
    guard !channel.isEmpty else { throw Malformed() }
    return channel
  }

  private static func text(_ name: String, of object: JSONObject) throws(Malformed) -> String {
    guard let value = object[name], !value.isNull else { return "" }
    guard let text = value.string else { throw Malformed() }
    return text
  }

  private static func flag(_ name: String, of object: JSONObject) throws(Malformed) -> Bool {
    guard let value = object[name], !value.isNull else { return false }
    guard let flag = value.bool else { throw Malformed() }
    return flag
  }

  private static func number(_ name: String, of object: JSONObject) throws(Malformed) -> Int64 {
    let number = try wholeNumber(name, of: object)
    guard number >= 0 else { throw Malformed() }
    return number
  }

  private static func wholeNumber(_ name: String, of object: JSONObject) throws(Malformed) -> Int64 {
    guard let value = object[name], !value.isNull else { return 0 }
    guard let number = value.int else { throw Malformed() }
    return number
  }
}
