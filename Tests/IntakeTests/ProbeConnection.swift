import CRabbitMQ

@testable import Intake

/// What only tests ask of a connection.
extension AMQPConnection {
  func count(of queue: String) throws(AMQPError) -> (messages: Int, consumers: Int) {
    let answer = withPool { pool in
      amqp_queue_declare(state, Self.consumeChannel, bytes(queue, pool), 1, 0, 0, 0, amqp_empty_table)
    }
    try checkReply("count queue \(queue)")
    return (Int(answer!.pointee.message_count), Int(answer!.pointee.consumer_count))
  }

  func delete(_ topology: IntakeTopology) {
    withPool { pool in
      for queue in [topology.queue, topology.deadQueue] {
        _ = amqp_queue_delete(state, Self.consumeChannel, bytes(queue, pool), 0, 0)
      }
      for exchange in [topology.exchange, topology.deadExchange] {
        _ = amqp_exchange_delete(state, Self.consumeChannel, bytes(exchange, pool), 0)
      }
    }
  }

  func giveBack(_ tag: UInt64) throws(AMQPError) {
    try Self.check(amqp_basic_nack(state, Self.consumeChannel, tag, 0, 1), "give back")
  }

  func deleteQueue(_ queue: String) {
    withPool { pool in
      _ = amqp_queue_delete(state, Self.consumeChannel, bytes(queue, pool), 0, 0)
    }
  }

  func deleteExchange(_ name: String) {
    withPool { pool in
      _ = amqp_exchange_delete(state, Self.consumeChannel, bytes(name, pool), 0)
    }
  }

  /// Makes a classic queue that takes what is published to the exchange of its name, and refuses what exceeds the limit.
  func declareBound(_ name: String, limit: Int?) throws(AMQPError) {
    var arguments: [MessageProperties.Header] = []
    if let limit {
      arguments = [
        .init(name: "x-max-length", value: .integer(Int64(limit))),
        .init(name: "x-overflow", value: .text("reject-publish")),
      ]
    }
    withPool { pool in
      _ = amqp_queue_declare(
        state, Self.consumeChannel, bytes(name, pool), 0, 1, 0, 0, Self.table(arguments, pool))
    }
    try checkReply("declare")
    withPool { pool in
      _ = amqp_queue_bind(
        state, Self.consumeChannel, bytes(name, pool), bytes(name, pool), bytes("#", pool), amqp_empty_table)
    }
    try checkReply("bind")
  }

  /// Makes the queue of a topology with other arguments.
  func declareClassic(_ queue: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_queue_declare(state, Self.consumeChannel, bytes(queue, pool), 0, 1, 0, 0, amqp_empty_table)
    }
    try checkReply("declare")
  }
}
