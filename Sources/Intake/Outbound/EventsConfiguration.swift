/// Where changes are published to, and as whose.
public struct EventsConfiguration: Sendable {
  /// Where RabbitMQ is.
  public var url: AMQPURL
  /// Names the source of the events, and the one publisher of a site.
  public var site: String
  /// The durable topic exchange.
  public var exchange = "usher.events"
  /// The heartbeat interval asked for, in seconds. A silent peer is noticed after two.
  public var heartbeat = 15
  /// How long RabbitMQ may take to confirm what was published, while it takes anything in.
  public var confirmTimeout = Duration.seconds(30)
  /// How long a graceful shutdown waits for what is under way.
  public var shutdownGrace = Duration.seconds(3)

  /// A configuration with the contract's names.
  public init(url: AMQPURL, site: String) {
    self.url = url
    self.site = site
  }

  /// A queue that is there while a process publishes for the site, so that no other does.
  var lockQueue: String { "\(exchange).publisher.\(site)" }
}
