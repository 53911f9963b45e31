import CRabbitMQ
import Glibc

// What only looking after dead letters asks of a connection.

extension AMQPConnection {
  /// Messages of a queue that are ready; throws `notFound` where there is no such queue.
  func depth(of queue: String) throws(AMQPError) -> Int {
    let answer = withPool { pool in
      amqp_queue_declare(state, Self.consumeChannel, bytes(queue, pool), 1, 0, 0, 0, amqp_empty_table)
    }
    try checkReply("look at queue \(queue)")
    return answer.map { Int($0.pointee.message_count) } ?? 0
  }

  /// Throws `notFound` where there is no such exchange.
  func checkExchange(_ name: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_exchange_declare(
        state, Self.consumeChannel, bytes(name, pool), bytes("topic", pool), 1, 1, 0, 0, amqp_empty_table)
    }
    try checkReply("look at exchange \(name)")
  }

  /// What RabbitMQ says of a publication.
  enum PublishAnswer {
    case confirm(Confirm)
    /// No queue took it; its confirm follows.
    case returned(Delivery)
  }

  /// The next word on what was published, on a connection that consumes nothing; nil where none came within the wait.
  func nextAnswer(wait: Duration) throws(AMQPError) -> PublishAnswer? {
    amqp_maybe_release_buffers(state)
    var frame = amqp_frame_t()
    var timeout = timeval(
      tv_sec: Int(wait.components.seconds), tv_usec: Int(wait.components.attoseconds / 1_000_000_000_000))
    let status = amqp_simple_wait_frame_noblock(state, &frame, &timeout)
    guard status != AMQP_STATUS_TIMEOUT.rawValue else { return nil }
    try Self.check(status, "receive")
    guard frame.frame_type == UInt8(AMQP_FRAME_METHOD), let decoded = frame.payload.method.decoded else { return nil }
    switch usher_amqp_method_of(frame.payload.method.id) {
    case USHER_AMQP_ACK:
      let ack = decoded.load(as: amqp_basic_ack_t.self)
      return .confirm(Confirm(number: ack.delivery_tag, isMultiple: ack.multiple != 0, isPositive: true))
    case USHER_AMQP_NACK:
      let nack = decoded.load(as: amqp_basic_nack_t.self)
      return .confirm(Confirm(number: nack.delivery_tag, isMultiple: nack.multiple != 0, isPositive: false))
    case USHER_AMQP_RETURN:
      let method = decoded.load(as: amqp_basic_return_t.self)
      let (exchange, routingKey) = (Self.text(method.exchange), Self.text(method.routing_key))
      var message = amqp_message_t()
      try Self.check(amqp_read_message(state, Self.publishChannel, &message, 0), "receive what no queue took")
      defer { amqp_destroy_message(&message) }
      return .returned(
        Delivery(
          tag: 0, exchange: exchange, routingKey: routingKey, properties: MessageProperties(message.properties),
          body: Array(UnsafeRawBufferPointer(start: message.body.bytes, count: message.body.len))))
    case USHER_AMQP_CHANNEL_CLOSE:
      throw Self.closeError(channel: decoded.load(as: amqp_channel_close_t.self), "publish")
    case USHER_AMQP_CONNECTION_CLOSE:
      throw Self.closeError(connection: decoded.load(as: amqp_connection_close_t.self), "publish")
    default: return nil
    }
  }
}
