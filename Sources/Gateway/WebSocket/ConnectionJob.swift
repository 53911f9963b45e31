import ServiceQueue

/// Work of a connection that waits for something.
enum ConnectionJob: Sendable {
  case verify(UInt32, token: String)
  case load(ChannelLoad)
  case ask(UInt32, ChannelQuestion)
  case rpc(UInt32, method: String, data: JSONValue?, Principal)

  /// True for what computes far less than a millisecond between two waits: it may run on the connection's event loop. Tokens do not, as
  /// they come in storms.
  var isShort: Bool {
    switch self {
    case .verify, .load, .ask: false
    case .rpc(_, let method, _, _): !CommandDesk.longMethods.contains(method)
    }
  }
}

extension ConnectionActor {
  /// Runs one job and hands on its end.
  nonisolated func run(_ job: ConnectionJob, _ services: GatewayServices) async {
    switch job {
    case .verify(let command, let token):
      let result = Result { () throws(TokenFault) in
        try services.tokens.verify(token, now: services.clock.seconds)
      }
      await tokenVerified(command, result)
    case .load(let load):
      await loaded(load, await services.desk.load(load))
    case .ask(let command, let question):
      await answered(command, await services.desk.answer(question, as: command))
    case .rpc(let command, let method, let data, let principal):
      let result: Result<[UInt8], GatewayError>
      do { result = .success(try await services.desk.rpc(method, data, by: principal)) } catch {
        result = .failure(error)
      }
      await rpcEnded(command, result)
    }
  }
}
