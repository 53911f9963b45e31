import CRabbitMQ
import Glibc

extension AMQPConnection {
  /// Takes what has arrived, and sends and checks heartbeats.
  ///
  /// - Parameters:
  ///   - limit: at most so many frames are looked at; `hasMore` tells if that stopped it.
  ///   - bytes: about so many bytes of messages are taken, one message at least; `hasMore` tells if that stopped it.
  ///   - wait: how long to block for the first frame; usually not at all.
  /// - Throws: when the connection, the channel or the consumer has ended, or something could not be routed.
  func drain(
    limit: Int = 512, bytes: Int = Options.drainBytes, wait: Duration = .zero
  ) throws(AMQPError) -> Drained {
    amqp_maybe_release_buffers(state)
    var drained = Drained()
    var left = bytes
    var timeout = timeval(
      tv_sec: Int(wait.components.seconds), tv_usec: Int(wait.components.attoseconds / 1_000_000_000_000))
    for _ in 0..<limit {
      var envelope = amqp_envelope_t()
      let reply = amqp_consume_message(state, &envelope, &timeout, 0)
      timeout = timeval()
      if reply.reply_type == AMQP_RESPONSE_NORMAL {
        drained.deliveries.append(Delivery(envelope))
        amqp_destroy_envelope(&envelope)
        left -= drained.deliveries[drained.deliveries.count - 1].weight
        guard left > 0 else { break }
        continue
      }
      guard reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION else {
        try Self.check(reply, "receive")
        return drained
      }
      switch reply.library_error {
      case AMQP_STATUS_TIMEOUT.rawValue:
        drained.hasMore = amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0
        return drained
      case AMQP_STATUS_UNEXPECTED_STATE.rawValue:
        // The next frame is no delivery.
        try takeOtherFrame(&drained)
      default:
        throw Self.libraryError(reply.library_error, "receive")
      }
    }
    drained.hasMore = true
    return drained
  }

  /// Says that we are alive, without reading: for who does not drain for a while.
  func sendHeartbeat() throws(AMQPError) {
    var frame = amqp_frame_t()
    frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
    try Self.check(amqp_send_frame(state, &frame), "send a heartbeat")
  }

  private func takeOtherFrame(_ drained: inout Drained) throws(AMQPError) {
    var frame = amqp_frame_t()
    var timeout = timeval()
    let status = amqp_simple_wait_frame_noblock(state, &frame, &timeout)
    guard status != AMQP_STATUS_TIMEOUT.rawValue else { return }
    try Self.check(status, "receive")
    guard frame.frame_type == UInt8(AMQP_FRAME_METHOD), let decoded = frame.payload.method.decoded else { return }
    switch usher_amqp_method_of(frame.payload.method.id) {
    case USHER_AMQP_ACK:
      let ack = decoded.load(as: amqp_basic_ack_t.self)
      drained.confirms.append(Confirm(number: ack.delivery_tag, isMultiple: ack.multiple != 0, isPositive: true))
    case USHER_AMQP_NACK:
      let nack = decoded.load(as: amqp_basic_nack_t.self)
      drained.confirms.append(Confirm(number: nack.delivery_tag, isMultiple: nack.multiple != 0, isPositive: false))
    case USHER_AMQP_RETURN:
      let method = decoded.load(as: amqp_basic_return_t.self)
      throw AMQPError(
        .unroutable, "No queue is bound to exchange \(Self.text(method.exchange)) for what was published",
        replyCode: Int(method.reply_code))
    case USHER_AMQP_CANCEL:
      throw AMQPError(.consumerCancelled, "RabbitMQ ended the consumer: was the queue deleted?")
    case USHER_AMQP_CHANNEL_CLOSE:
      throw Self.closeError(channel: decoded.load(as: amqp_channel_close_t.self), "keep the channel")
    case USHER_AMQP_CONNECTION_CLOSE:
      throw Self.closeError(connection: decoded.load(as: amqp_connection_close_t.self), "keep the connection")
    case USHER_AMQP_BLOCKED:
      let reason = Self.text(decoded.load(as: amqp_connection_blocked_t.self).reason)
      drained.blocked = reason.isEmpty ? "no reason given" : String(reason.prefix(200))
    case USHER_AMQP_UNBLOCKED:
      drained.blocked = ""
    default: break
    }
  }
}
