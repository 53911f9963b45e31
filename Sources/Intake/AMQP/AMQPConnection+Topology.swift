import CRabbitMQ

extension AMQPConnection {
  /// Declares everything that the intake needs; what exists as declared stays. Blocks.
  ///
  /// - Throws: `preconditionFailed` naming the exchange or queue that exists with other arguments.
  func declare(_ topology: IntakeTopology) throws(AMQPError) {
    try declareExchange(topology.exchange)
    try declareExchange(topology.deadExchange)
    try declareQueue(topology.deadQueue, arguments: [.init(name: "x-queue-type", value: .text("quorum"))])
    try bind(topology.deadQueue, to: topology.deadExchange, key: "#")
    try declareQueue(
      topology.queue,
      arguments: [
        .init(name: "x-queue-type", value: .text("quorum")),
        .init(name: "x-delivery-limit", value: .integer(Int64(topology.deliveryLimit))),
        .init(name: "x-dead-letter-exchange", value: .text(topology.deadExchange)),
        .init(name: "x-dead-letter-strategy", value: .text("at-least-once")),
        // What the strategy demands: a full queue refuses, it never drops its head.
        .init(name: "x-overflow", value: .text("reject-publish")),
      ])
    try bind(topology.queue, to: topology.exchange, key: topology.bindingKey)
  }

  /// Makes a queue that is there only for this connection, and ends with it; while it is there no other connection can make it.
  ///
  /// - Throws: `resourceLocked` when another has it.
  func declareExclusiveQueue(_ name: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_queue_declare(state, Self.consumeChannel, bytes(name, pool), 0, 0, 1, 1, amqp_empty_table)
    }
    try checkReply("have \(name) alone")
  }

  /// Declares a durable topic exchange; it stays if it is there. Blocks.
  func declareExchange(_ name: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_exchange_declare(
        state, Self.consumeChannel, bytes(name, pool), bytes("topic", pool), 0, 1, 0, 0, amqp_empty_table)
    }
    try checkReply("declare exchange \(name)")
  }

  private func declareQueue(_ name: String, arguments: [MessageProperties.Header]) throws(AMQPError) {
    withPool { pool in
      _ = amqp_queue_declare(
        state, Self.consumeChannel, bytes(name, pool), 0, 1, 0, 0, Self.table(arguments, pool))
    }
    try checkReply("declare queue \(name)")
  }

  private func bind(_ queue: String, to exchange: String, key: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_queue_bind(
        state, Self.consumeChannel, bytes(queue, pool), bytes(exchange, pool), bytes(key, pool), amqp_empty_table)
    }
    try checkReply("bind queue \(queue) to exchange \(exchange)")
  }
}
