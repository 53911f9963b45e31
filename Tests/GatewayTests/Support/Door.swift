import NIOCore
import ServiceQueue
import Testing

/// One of the two doors, so that one test can knock at both.
enum Door: CaseIterable, Sendable {
  case rest
  case rpc
}

/// What a door answered.
struct DoorAnswer: Sendable {
  /// The answer; `null` for an error.
  let json: JSONValue
  /// The error's code; nil for an answer.
  let code: String?
  /// The state found, where the error tells it.
  let state: String?

  /// A member inside the answer.
  subscript(path: String...) -> JSONValue? { json[path: path] }
}

extension TestServer {
  /// Carries out a command about the service `id`, as `name`; `arguments` is JSON.
  func service(
    _ door: Door, _ name: String, _ command: String, _ id: String, _ arguments: String = "{}"
  ) async throws -> DoorAnswer {
    switch door {
    case .rpc: try await rpc(name, "service.\(command)", Self.with(#""id":"\#(id)""#, arguments))
    case .rest where command == "position": try await rest(name, "GET", "/v1/services/\(id)/position")
    case .rest where command == "remove": try await rest(name, "DELETE", "/v1/services/\(id)")
    case .rest:
      try await rest(name, "POST", "/v1/services/\(id)/\(command.replacing("_", with: "-"))", arguments)
    }
  }

  /// Carries out a command about a queue, or asks for its statistics.
  func queue(
    _ door: Door, _ name: String, _ command: String, _ queue: String = "front-desk", _ arguments: String = "{}"
  ) async throws -> DoorAnswer {
    switch door {
    case .rpc: try await rpc(name, "queue.\(command)", Self.with(#""queue":"\#(queue)""#, arguments))
    case .rest where command == "stats": try await rest(name, "GET", "/v1/queues/\(queue)/stats")
    case .rest:
      try await rest(name, "POST", "/v1/queues/\(queue)/\(command.replacing("_", with: "-"))", arguments)
    }
  }

  /// Sends a bulk of commands.
  func bulk(_ door: Door, _ name: String, _ body: String) async throws -> DoorAnswer {
    switch door {
    case .rpc: try await rpc(name, "service.bulk", body)
    case .rest: try await rest(name, "POST", "/v1/services/bulk", body)
    }
  }

  /// Puts a service with these further members into a queue, as the supervisor; its id.
  func made(_ queue: String = "front-desk", _ members: String = "{}") async throws -> String {
    let answer = try await rest(
      "supervisor", "POST", "/v1/queues/\(queue)/services", Self.with(#""kind":"passport""#, members))
    return try #require(answer["service", "id"]?.string, "\(answer)")
  }

  private static func with(_ member: String, _ object: String) -> String {
    object == "{}" ? "{\(member)}" : "{\(member),\(object.dropFirst())"
  }

  private func rest(_ name: String, _ method: String, _ path: String, _ body: String? = nil) async throws -> DoorAnswer
  {
    let response = try await request(.init(method, path, token: try await token(name), body: body))
    let isError = response.status >= 400
    return DoorAnswer(
      json: isError ? .null : response.json, code: isError ? response.json["code"]?.string ?? "none" : nil,
      state: isError ? response.json["state"]?.string : nil)
  }

  private func rpc(_ name: String, _ method: String, _ data: String) async throws -> DoorAnswer {
    let socket = try await connected(as: name)
    let reply = try await socket.call(2, #""rpc":{"method":"\#(method)","data":\#(data.replacing("\n", with: " "))}"#)
    try await socket.connection.channel.close()
    guard let message = reply[path: ["error", "message"]]?.string else {
      return DoorAnswer(json: reply[path: ["rpc", "data"]] ?? .null, code: nil, state: nil)
    }
    let state = message.firstMatch(of: /\(state: (\w+)\)$/).map { String($0.1) }
    return DoorAnswer(json: .null, code: message.split(separator: ":").first.map(String.init), state: state)
  }
}
