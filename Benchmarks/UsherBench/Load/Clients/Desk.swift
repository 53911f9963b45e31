import ServiceQueue

/// Where an employee gives commands.
enum Desk: Sendable {
  case rest(RestClient)
  case live(LiveClient)

  /// The answer to a command.
  func perform(_ command: DeskCommand) async throws(LoadError) -> JSONValue {
    switch self {
    case .rest(let client): try await client.json("POST", command.path, command.body)
    case .live(let client): try await client.call(command.method, command.data)
    }
  }

  func use(_ token: String) async {
    switch self {
    case .rest(let client): await client.use(token)
    case .live(let client): await client.use(token)
    }
  }

  func close() async {
    switch self {
    case .rest(let client): await client.close()
    case .live(let client): await client.close()
    }
  }
}
