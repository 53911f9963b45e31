import Reactor

/// Tries out whether RabbitMQ can be reached and used.
public enum AMQPProbe {
  /// Connects, logs in, opens a channel and closes all again; declares nothing. Uses a thread of its own meanwhile.
  ///
  /// - Throws: `AMQPError` with the reason; `ReactorError` when there is no thread to be had.
  public static func check(_ url: AMQPURL) async throws {
    let reactor = try Reactor(name: "amqp-probe")
    let result: Result<Void, any Error>
    do {
      result = .success(try await Probing(reactor: reactor).check(url))
    } catch {
      result = .failure(error)
    }
    await reactor.shutdown()
    try result.get()
  }
}

private actor Probing {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  init(reactor: Reactor) { self.reactor = reactor }

  func check(_ url: AMQPURL) throws {
    try AMQPConnection.open(url, options: .init(name: "usher check")).close()
  }
}
