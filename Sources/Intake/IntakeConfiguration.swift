import ServiceQueue

/// How the intake reaches RabbitMQ and how much it takes at once.
public struct IntakeConfiguration: Sendable {
  /// Where RabbitMQ is.
  public var url: AMQPURL
  /// The names in RabbitMQ; the contract's by default.
  public var topology: IntakeTopology
  /// Deliveries under way without an acknowledgement, 1 to 10,000.
  public let prefetch: Int
  /// Requests in one call of the Broker, 1 to `BrokerLimits.submitBatch`.
  public let batch: Int
  /// The largest body in bytes, 1,024 to 1,048,576; a larger one goes to the dead letters.
  public let maximumBodyBytes: Int
  /// The heartbeat interval asked for, in seconds, 1 to 60. A silent peer is noticed after two.
  public let heartbeat: Int
  /// How long a graceful shutdown waits for what is under way.
  public var shutdownGrace: Duration

  /// A configuration; figures outside their bounds are taken to the nearest bound.
  public init(
    url: AMQPURL, topology: IntakeTopology = IntakeTopology(), prefetch: Int = 1_000, batch: Int = 500,
    maximumBodyBytes: Int = 262_144, heartbeat: Int = 15, shutdownGrace: Duration = .seconds(10)
  ) {
    self.url = url
    self.topology = topology
    self.prefetch = min(max(prefetch, 1), 10_000)
    self.batch = min(max(batch, 1), BrokerLimits.submitBatch)
    self.maximumBodyBytes = min(max(maximumBodyBytes, 1_024), 1_048_576)
    self.heartbeat = min(max(heartbeat, 1), 60)
    self.shutdownGrace = shutdownGrace
  }
}

extension IntakeConfiguration {
  /// Bytes of deliveries under way at which the intake takes no more from the socket, until half of them are done with: together
  /// with the prefetch the bound of its memory, besides one message of whatever size RabbitMQ takes.
  static let heldBytes = 16_777_216
  /// Bytes of one batch; one request at least.
  static let batchBytes = 2_097_152
  /// Dead letters on their way to RabbitMQ at one time, and their bytes, one letter at least: further ones wait for their confirms.
  static let lettersUnderway = 64
  static let letterBytes = 524_288
}

/// The names of exchanges and queues in RabbitMQ.
public struct IntakeTopology: Hashable, Sendable {
  /// The durable topic exchange that producers publish to.
  public var exchange = "usher.services"
  /// The quorum queue that the intake consumes.
  public var queue = "usher.intake"
  /// What binds the two.
  public var bindingKey = "service.#"
  /// The durable topic exchange for what cannot be understood or is refused.
  public var deadExchange = "usher.dead"
  /// The quorum queue that keeps all of that.
  public var deadQueue = "usher.dead-letters"
  /// How often RabbitMQ delivers a message that is never acknowledged before it dead-letters it by itself.
  public var deliveryLimit = 20

  /// The contract's names.
  public init() {}
}
