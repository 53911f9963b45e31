/// Why RabbitMQ, or the way to it, did not do as asked. Never holds a password or a message's content.
public struct AMQPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// The URL is not `amqp://user:password@host:port/vhost` or the same with `amqps`.
    case invalidURL = "invalid_url"
    /// No TCP connection: the host is unknown, nobody listens, or it took too long.
    case connectFailed = "connect_failed"
    /// No TLS: the server's certificate is not to be trusted or not for this host, the server does not speak TLS or does not take our
    /// certificate, or a file cannot be used.
    case tlsFailed = "tls_failed"
    /// User, password or virtual host were refused.
    case accessRefused = "access_refused"
    /// An answer did not come in time.
    case timeout
    /// The peer went silent for two heartbeat intervals.
    case heartbeatMissed = "heartbeat_missed"
    /// The connection ended, by the server or on the way.
    case connectionClosed = "connection_closed"
    /// A queue or exchange of that name exists with other arguments.
    case preconditionFailed = "precondition_failed"
    /// A queue or exchange is not there.
    case notFound = "not_found"
    /// Another connection has what can be had once.
    case resourceLocked = "resource_locked"
    /// The channel was closed for another reason.
    case channelClosed = "channel_closed"
    /// The server ended the consumer: the queue was deleted, or lost its leader.
    case consumerCancelled = "consumer_cancelled"
    /// What was published reached no queue.
    case unroutable
    /// The server did not take what was published.
    case publishRefused = "publish_refused"
    /// Anything else that librabbitmq reports.
    case library
  }

  /// What went wrong.
  public let code: Code
  /// What went wrong and what to do, for people.
  public let message: String
  /// AMQP's own reply code, such as 406; nil where the server said nothing.
  public let replyCode: Int?

  /// An error with its code and a message that says what to do.
  public init(_ code: Code, _ message: String, replyCode: Int? = nil) {
    self.code = code
    self.message = message
    self.replyCode = replyCode
  }

  /// Code and message.
  public var description: String { "\(code.rawValue): \(message)" }
}
