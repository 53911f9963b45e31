import CRabbitMQ
import Glibc

/// A connection to RabbitMQ over librabbitmq: one channel to consume, one to publish with confirms.
///
/// Not `Sendable`: it lives with an actor on a `Reactor` of its own, since opening, sending and every declaration block that
/// thread: opening up to `Options.connectTimeout` twice, an answer up to `Options.replyTimeout`, a send until two heartbeat
/// intervals of silence. Heartbeats are sent and checked only within calls: `drain` must be called several times within
/// an interval even if nothing is readable. After any error it must not be used any more.
final class AMQPConnection {
  struct Options: Hashable, Sendable {
    var name = "usher"
    var connectTimeout = 5
    var replyTimeout = 10
    /// Seconds; the server may choose less.
    var heartbeat = 15
    /// The bytes of bodies after which one `drain` stops; the message that exceeds them is taken whole.
    static let drainBytes = 4_194_304
  }

  /// What one `drain` found.
  struct Drained {
    var deliveries: [Delivery] = []
    var confirms: [Confirm] = []
    /// The server's last word on whether it takes in what is published: why it does not, empty when it does, nil when it said nothing.
    var blocked: String?
    /// There is more within the library, for which the descriptor will not become readable.
    var hasMore = false
  }

  static let consumeChannel: amqp_channel_t = 1
  static let publishChannel: amqp_channel_t = 2

  /// The socket, to be watched for reading; the connection closes it.
  let descriptor: CInt
  /// The heartbeat interval agreed upon, in seconds.
  let heartbeat: Int
  let state: amqp_connection_state_t
  /// How much has been published on the channel with confirms.
  private(set) var published: UInt64 = 0

  private init(state: amqp_connection_state_t) {
    self.state = state
    descriptor = amqp_get_sockfd(state)
    heartbeat = Int(amqp_get_heartbeat(state))
  }

  deinit {
    amqp_destroy_connection(state)
  }

  /// Connects, logs in and opens both channels. Blocks.
  static func open(_ url: AMQPURL, options: Options = Options()) throws(AMQPError) -> AMQPConnection {
    guard let state = amqp_new_connection() else { throw AMQPError(.library, "No memory for a connection") }
    // From here on every way out frees the state: by deinit, or here.
    do throws(AMQPError) {
      var timeout = timeval(tv_sec: options.connectTimeout, tv_usec: 0)
      try connect(state, to: url, within: &timeout)
      amqp_set_handshake_timeout(state, &timeout)
      var replyTimeout = timeval(tv_sec: options.replyTimeout, tv_usec: 0)
      amqp_set_rpc_timeout(state, &replyTimeout)
      let reply = usher_amqp_login(
        state, url.vhost, CInt(options.heartbeat), options.name, url.user, url.password)
      try check(reply, "log in to \(url)", refused: .accessRefused)
    } catch {
      amqp_destroy_connection(state)
      throw error
    }
    let connection = AMQPConnection(state: state)
    for channel in [consumeChannel, publishChannel] {
      _ = amqp_channel_open(state, channel)
      try connection.checkReply("open a channel")
    }
    _ = amqp_confirm_select(state, publishChannel)
    try connection.checkReply("ask for confirms")
    return connection
  }

  /// Says goodbye and waits for the answer, at most `replyTimeout`. The object must not be used any more.
  func close() {
    _ = amqp_connection_close(state, AMQP_REPLY_SUCCESS)
  }

  // MARK: - Consuming

  /// At most so many deliveries are under way without an acknowledgement.
  func setPrefetch(_ count: Int) throws(AMQPError) {
    _ = amqp_basic_qos(state, Self.consumeChannel, 0, UInt16(clamping: count), 0)
    try checkReply("set the prefetch")
  }

  /// Begins to consume with acknowledgements.
  func consume(_ queue: String, tag: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_basic_consume(
        state, Self.consumeChannel, bytes(queue, pool), bytes(tag, pool), 0, 0, 0, amqp_empty_table)
    }
    try checkReply("consume from queue \(queue)")
  }

  /// Ends the consumer; what was delivered stays to be acknowledged.
  func cancelConsumer(tag: String) throws(AMQPError) {
    withPool { pool in
      _ = amqp_basic_cancel(state, Self.consumeChannel, bytes(tag, pool))
    }
    try checkReply("end the consumer")
  }

  /// Acknowledges a delivery, or all up to it.
  func acknowledge(_ tag: UInt64, multiple: Bool) throws(AMQPError) {
    try Self.check(amqp_basic_ack(state, Self.consumeChannel, tag, multiple ? 1 : 0), "acknowledge")
  }

  // MARK: - Publishing

  /// Publishes a persistent message, which must reach a queue if it is `mandatory`; its confirm has the number that is returned.
  func publish(
    _ body: [UInt8], properties: MessageProperties, exchange: String, routingKey: String, mandatory: Bool = true
  ) throws(AMQPError) -> UInt64 {
    let status = body.withUnsafeBytes { body in
      withPool { pool in
        var raw = Self.encode(properties, pool)
        let content = amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
        return amqp_basic_publish(
          state, Self.publishChannel, bytes(exchange, pool), bytes(routingKey, pool),
          mandatory ? 1 : 0, 0, &raw, content)
      }
    }
    try Self.check(status, "publish")
    published += 1
    return published
  }
}
