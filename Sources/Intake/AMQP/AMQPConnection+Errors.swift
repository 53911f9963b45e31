import CRabbitMQ

// The library's three kinds of failure, as one typed error.

extension AMQPConnection {
  /// Checks the answer to the last declaration or request.
  func checkReply(_ action: String) throws(AMQPError) {
    try Self.check(amqp_get_rpc_reply(state), action)
  }

  static func check(_ status: CInt, _ action: String) throws(AMQPError) {
    guard status != AMQP_STATUS_OK.rawValue else { return }
    throw libraryError(status, action)
  }

  /// - Parameter refused: what it means when the server just closes the socket, as it does on a refused login.
  static func check(
    _ reply: amqp_rpc_reply_t, _ action: String, refused: AMQPError.Code? = nil
  ) throws(AMQPError) {
    switch reply.reply_type {
    case AMQP_RESPONSE_NORMAL: return
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      guard let decoded = reply.reply.decoded else { break }
      switch usher_amqp_method_of(reply.reply.id) {
      case USHER_AMQP_CHANNEL_CLOSE: throw closeError(channel: decoded.load(as: amqp_channel_close_t.self), action)
      case USHER_AMQP_CONNECTION_CLOSE:
        throw closeError(connection: decoded.load(as: amqp_connection_close_t.self), action)
      default: break
      }
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      if let refused, reply.library_error == AMQP_STATUS_CONNECTION_CLOSED.rawValue {
        throw AMQPError(refused, "RabbitMQ hung up when asked to \(action): check user, password and virtual host")
      }
      throw libraryError(reply.library_error, action)
    default: break
    }
    throw AMQPError(.library, "RabbitMQ gave no answer that is understood when asked to \(action)")
  }

  static func closeError(channel method: amqp_channel_close_t, _ action: String) -> AMQPError {
    closeError(Int(method.reply_code), text(method.reply_text), action, .channelClosed)
  }

  static func closeError(connection method: amqp_connection_close_t, _ action: String) -> AMQPError {
    closeError(Int(method.reply_code), text(method.reply_text), action, .connectionClosed)
  }

  private static func closeError(_ number: Int, _ text: String, _ action: String, _ other: AMQPError.Code) -> AMQPError
  {
    let (code, advice): (AMQPError.Code, String) =
      switch number {
      case 403: (.accessRefused, "check user, password, virtual host and permissions")
      case 404: (.notFound, "it is not there")
      case 405: (.resourceLocked, "another connection has it")
      case 406: (.preconditionFailed, "it exists with other arguments; delete it when it is empty, or use another name")
      case 530: (.accessRefused, "check that the virtual host exists and the user may use it")
      default: (other, "the server ended it")
      }
    return AMQPError(
      code, "RabbitMQ refused to \(action): \(advice) (\(number) \(text.prefix(300)))", replyCode: number)
  }

  static func libraryError(_ status: CInt, _ action: String) -> AMQPError {
    let code: AMQPError.Code =
      switch status {
      case AMQP_STATUS_TIMEOUT.rawValue: .timeout
      case AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue: .heartbeatMissed
      case AMQP_STATUS_CONNECTION_CLOSED.rawValue, AMQP_STATUS_SOCKET_ERROR.rawValue,
        AMQP_STATUS_SOCKET_CLOSED.rawValue:
        .connectionClosed
      // Also what TLS 1.3 tells of our certificate only after the handshake.
      case AMQP_STATUS_SSL_ERROR.rawValue: .tlsFailed
      default: .library
      }
    return AMQPError(code, "Could not \(action): \(libraryText(status))")
  }

  static func libraryText(_ status: CInt) -> String {
    amqp_error_string2(status).map { String(cString: $0) } ?? "status \(status)"
  }
}
