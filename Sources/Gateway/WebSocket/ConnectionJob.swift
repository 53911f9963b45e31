import ServiceQueue

/// Work of a connection that waits for something.
enum ConnectionJob: Sendable {
  case verify(UInt32, token: String)
  case load(ChannelLoad)
  case rpc(UInt32, method: String, data: JSONValue?, Principal)
}

extension ConnectionActor {
  /// Runs the connection's jobs until it is closed. Each is a child of the task that calls this, and ends by itself: the
  /// Broker answers every call within its timeout.
  nonisolated func runJobs(_ services: GatewayServices) async {
    await withDiscardingTaskGroup { group in
      for await job in jobs { group.addTask { await self.run(job, services) } }
      group.cancelAll()
    }
  }

  private nonisolated func run(_ job: ConnectionJob, _ services: GatewayServices) async {
    switch job {
    case .verify(let command, let token):
      let result = Result { () throws(TokenFault) in
        try services.tokens.verify(token, now: services.clock.seconds)
      }
      await tokenVerified(command, result)
    case .load(let load):
      await loaded(load, await services.desk.load(load))
    case .rpc(let command, let method, let data, let principal):
      let result: Result<[UInt8], GatewayError>
      do { result = .success(try await services.desk.rpc(method, data, by: principal)) } catch {
        result = .failure(error)
      }
      await rpcEnded(command, result)
    }
  }
}
