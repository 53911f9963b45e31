/// A server and its clients, for the time of one run.
enum FanoutEnds {
  /// A place in a Redis that nobody else uses.
  struct RedisSite {
    let url: String
    let site: String
    /// The URL of a RabbitMQ, if the events are to come from there.
    var rabbit: String?
  }

  /// A Gateway of its own, ready, with `sockets` clients that are signed in but not connected.
  static func gateway<Value>(
    _ sockets: Int, over redis: RedisSite? = nil, _ interrupt: Interrupt,
    _ body: (ServerProcess, Loader) throws -> Value
  ) throws -> Value {
    let kind: ServerProcess.Kind =
      switch (redis, redis?.rabbit) {
      case (nil, _): .gateway(users: sockets)
      case (let redis?, nil): .gatewayOverRedis(users: sockets, url: redis.url, site: redis.site)
      case (let redis?, let rabbit?):
        .gatewayWithIntake(users: sockets, url: redis.url, site: redis.site, rabbit: rabbit)
      }
    return try ServerProcess.with(kind, interrupt) { server in
      try TokenDesk.awaitReady(server)
      let tokens = try TokenDesk.tokens(sockets, of: server)
      return try Loader.with(sockets, of: server, tokens: tokens, interrupt) { try body(server, $0) }
    }
  }

  /// The bare server, which sends events like `event`, with as many clients.
  static func floor<Value>(
    _ sockets: Int, window: Int, event: String, _ interrupt: Interrupt, _ body: (ServerProcess, Loader) throws -> Value
  ) throws -> Value {
    try ServerProcess.with(.floor(event: event, sockets: sockets, window: 2 * window), interrupt) { server in
      try Loader.with(sockets, of: server, tokens: nil, interrupt) { try body(server, $0) }
    }
  }
}
