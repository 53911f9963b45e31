import Reactor
public import ServiceQueue

/// Publishes sample requests with confirms, to try a system out or to load it. Each call has a thread and a connection of
/// its own.
public struct SamplePublisher: Sendable {
  private let url: AMQPURL
  private let topology: IntakeTopology

  /// A publisher that has not connected yet.
  ///
  /// - Parameters:
  ///   - url: where RabbitMQ is.
  ///   - topology: the names there; declared before the first message.
  public init(url: AMQPURL, topology: IntakeTopology = IntakeTopology()) {
    self.url = url
    self.topology = topology
  }

  /// Publishes requests and waits until RabbitMQ has confirmed each. At most 1,000 are under way unconfirmed.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - queues: whose turn it is, one after the other; at least one.
  ///   - rate: at most so many a second; nil for as fast as RabbitMQ takes them.
  ///   - progress: is told, a few times a second, how many are confirmed; called on the publisher's own thread.
  /// - Returns: how many were confirmed, and how long it took.
  /// - Throws: `AMQPError`; `ReactorError` when there is no thread to be had; `CancellationError`.
  public func publish(
    count: Int, queues: [QueueName], rate: Double? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> PublishReport {
    guard !queues.isEmpty else { return PublishReport(confirmed: 0, duration: .zero) }
    return try await publish(SampleRequests(queues: queues), count: count, rate: rate, progress: progress)
  }

  /// The same with requests from elsewhere.
  @discardableResult
  package func publish(
    _ source: some RequestSource, count: Int, rate: Double? = nil,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws -> PublishReport {
    guard count > 0 else { return PublishReport(confirmed: 0, duration: .zero) }
    return try await withPublishing {
      try await $0.run(url, topology, source, count: count, rate: rate, progress: progress)
    }
  }

  /// Publishes what comes, when it comes, until the stream ends. Throws when RabbitMQ does not take a request.
  package func publish(_ requests: AsyncStream<SampleRequest>) async throws {
    try await withPublishing { try await $0.run(url, topology, requests) }
  }

  /// Publishes each request when it is due and tells its confirm, until there are no more and all are confirmed. With 1,000
  /// unconfirmed, what is due waits. Throws when the connection fails.
  package func publish(_ requests: some PacedRequests) async throws {
    try await withPublishing { try await $0.run(url, topology, requests) }
  }

  private func withPublishing<Value: Sendable>(_ body: (Publishing) async throws -> Value) async throws -> Value {
    let reactor = try Reactor(name: "publisher")
    let result: Result<Value, any Error>
    do {
      result = .success(try await body(Publishing(reactor: reactor)))
    } catch {
      result = .failure(error)
    }
    await reactor.shutdown()
    return try result.get()
  }
}

/// What a publisher has done.
public struct PublishReport: Hashable, Sendable {
  /// Messages that RabbitMQ has confirmed.
  public let confirmed: Int
  /// From the first message to the last confirm.
  public let duration: Duration

  /// Messages a second.
  public var rate: Double {
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    return seconds > 0 ? Double(confirmed) / seconds : 0
  }
}

/// One call of `publish`, on its thread, which it may block.
private actor Publishing {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private static let unconfirmedLimit = 1_000

  init(reactor: Reactor) {
    self.reactor = reactor
  }

  func run(
    _ url: AMQPURL, _ topology: IntakeTopology, _ source: some RequestSource, count: Int, rate: Double?,
    progress: @Sendable (Int) -> Void
  ) throws -> PublishReport {
    var source = source
    let connection = try AMQPConnection.open(url, options: .init(name: "usher publish"))
    try connection.declare(topology)
    var waiting = ConfirmWindow<Void>()
    let clock = ContinuousClock()
    let began = clock.now
    var lastProgress = began
    var (published, confirmed) = (0, 0)
    while confirmed < count {
      try Task.checkCancellation()
      let now = clock.now
      let due = rate.map { min(count, Int(Self.seconds(now - began) * $0) + 1) } ?? count
      while published < due, waiting.count < Self.unconfirmedLimit {
        let number = try Self.publish(try source.request(published), topology, on: connection)
        waiting.published(number, ())
        published += 1
      }
      // Blocks this thread, which is the publisher's own, until a confirm comes or more is due.
      for confirm in try connection.drain(wait: .milliseconds(10)).confirms {
        let taken = waiting.take(confirm).count
        guard confirm.isPositive || taken == 0 else {
          throw AMQPError(
            .publishRefused, "RabbitMQ did not take a message after \(confirmed) of \(count): is the queue full?")
        }
        confirmed += taken
      }
      if now - lastProgress > .milliseconds(100) {
        progress(confirmed)
        lastProgress = now
      }
    }
    let duration = clock.now - began
    progress(confirmed)
    connection.close()
    return PublishReport(confirmed: confirmed, duration: duration)
  }

  func run(_ url: AMQPURL, _ topology: IntakeTopology, _ requests: AsyncStream<SampleRequest>) async throws {
    let connection = try AMQPConnection.open(url, options: .init(name: "usher publish"))
    try connection.declare(topology)
    for await request in requests {
      _ = try Self.publish(request, topology, on: connection)
      guard try connection.drain().confirms.allSatisfy(\.isPositive) else {
        throw AMQPError(.publishRefused, "RabbitMQ did not take a message: is the queue full?")
      }
    }
    connection.close()
  }

  func run(_ url: AMQPURL, _ topology: IntakeTopology, _ requests: some PacedRequests) throws {
    var requests = requests
    let connection = try AMQPConnection.open(url, options: .init(name: "usher publish"))
    try connection.declare(topology)
    var waiting = ConfirmWindow<Int>()
    var isOver = false
    while !isOver || waiting.count > 0 {
      try Task.checkCancellation()
      var pause = Duration.milliseconds(10)
      publishing: while !isOver, waiting.count < Self.unconfirmedLimit {
        switch try requests.next() {
        case .due(let number, let request):
          waiting.published(try Self.publish(request, topology, on: connection), number)
        case .wait(let duration):
          pause = min(pause, duration)
          break publishing
        case .end: isOver = true
        }
      }
      // Blocks this thread, which is the publisher's own, until a confirm comes or more is due.
      for confirm in try connection.drain(wait: pause).confirms {
        for number in waiting.take(confirm) { requests.answered(number, isTaken: confirm.isPositive) }
      }
    }
    connection.close()
  }

  private static func publish(
    _ request: SampleRequest, _ topology: IntakeTopology, on connection: AMQPConnection
  ) throws(AMQPError) -> UInt64 {
    try connection.publish(
      request.body, properties: MessageProperties(contentType: "application/cloudevents+json"),
      exchange: topology.exchange, routingKey: request.routingKey)
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
