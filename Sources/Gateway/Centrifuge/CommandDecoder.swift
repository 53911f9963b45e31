import ServiceQueue

/// Reads commands: one JSON object a line, several lines a frame. Members that are not known are let pass, as in the
/// protocol's own server, for SDKs grow.
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
    let body = try body(of: object)
    switch body {
    case .pong where id != 0: throw Malformed()
    case .pong, .send: break
    case _ where id == 0: return ClientCommand(id: 0, body: .pong)
    default: break
    }
    return ClientCommand(id: id, body: body)
  }

  /// The first request that is there, in the order in which the protocol's own server looks.
  private static func body(of object: JSONObject) throws(Malformed) -> ClientCommand.Body {
    if let request = try request("connect", of: object) { return .connect(token: try text("token", of: request)) }
    if try request("ping", of: object) != nil { return .ping }
    if let request = try request("subscribe", of: object) { return .subscribe(try subscribe(request)) }
    if let request = try request("unsubscribe", of: object) {
      return .unsubscribe(channel: try channel(of: request))
    }
    for name in ["publish", "presence", "presence_stats", "history"] where try request(name, of: object) != nil {
      return .unsupported(name)
    }
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
    request.data = object["data"].flatMap { $0.isNull ? nil : $0 }
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
    guard let value = object[name], !value.isNull else { return 0 }
    guard let number = value.int, number >= 0 else { throw Malformed() }
    return number
  }
}
