import CRabbitMQ
import Glibc

// The way to the server: TCP, and TLS upon it.

extension AMQPConnection {
  /// Connects the socket of a new connection, with TLS where the URL says so: 1.2 or newer, the server's certificate and name verified.
  static func connect(
    _ state: amqp_connection_state_t, to url: AMQPURL, within timeout: inout timeval
  ) throws(AMQPError) {
    let socket = url.usesTLS ? try tlsSocket(state, url.certificates) : amqp_tcp_socket_new(state)
    guard let socket else { throw AMQPError(.library, "No memory for a socket") }
    let status = amqp_socket_open_noblock(socket, url.host, CInt(url.port), &timeout)
    switch status {
    case AMQP_STATUS_OK.rawValue: return
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue:
      throw tls(url, "its certificate is not by a trusted authority, or not valid now: check USHER_AMQP_CA_FILE")
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue:
      throw tls(url, "its certificate is for another host: use the name that stands in it")
    case AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue, AMQP_STATUS_SSL_ERROR.rawValue:
      throw tls(
        url,
        "no TLS connection came about: does it speak TLS there, is its certificate trusted, does it want one of ours?")
    default:
      throw AMQPError(
        .connectFailed, "RabbitMQ cannot be reached at \(url.host):\(url.port) (\(libraryText(status))): is it running?"
      )
    }
  }

  /// A socket that belongs to the connection, with everything set that TLS needs.
  private static func tlsSocket(
    _ state: amqp_connection_state_t, _ certificates: AMQPCertificates
  ) throws(AMQPError) -> OpaquePointer? {
    guard let socket = amqp_ssl_socket_new(state) else { return nil }
    guard let authorities = certificates.authoritiesFile else {
      throw AMQPError(.tlsFailed, "The system has no certificates of authorities: name a file with USHER_AMQP_CA_FILE")
    }
    amqp_ssl_socket_set_verify_peer(socket, 1)
    amqp_ssl_socket_set_verify_hostname(socket, 1)
    guard
      amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.rawValue,
      amqp_ssl_socket_set_cacert(socket, authorities) == AMQP_STATUS_OK.rawValue
    else {
      throw AMQPError(.tlsFailed, "The authorities' certificates cannot be read from \(authorities): it takes PEM")
    }
    guard let certificate = certificates.certificate, let key = certificates.key else { return socket }
    guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
      throw AMQPError(
        .tlsFailed,
        "The certificate \(certificate) and its key \(key) cannot be used: they take PEM, and must belong together")
    }
    return socket
  }

  private static func tls(_ url: AMQPURL, _ what: String) -> AMQPError {
    AMQPError(.tlsFailed, "RabbitMQ at \(url.host):\(url.port) is not to be trusted or does not answer: \(what)")
  }
}
