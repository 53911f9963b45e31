import BrokerRPC
import Gateway
import Logging
import RedisBroker
import ServiceLifecycle
import ServiceQueue

/// The owner of the queues: the actor over Redis in this process, with its door for others, or the client of one elsewhere.
struct BrokerPart {
  let broker: any Broker
  /// What starts before those who use the Broker.
  private(set) var part = Part()
  /// The door for other processes, which opens after everything that it needs.
  private(set) var door: BrokerServer?

  init(_ settings: Settings, logger: Logger) throws(SettingsError) {
    if let connection = try settings.role.connection(timeout: .milliseconds(settings.commandTimeoutMilliseconds)) {
      let remote = try Self.remote(connection, logger)
      part.add(remote)
      part.probes.append { await Readiness.broker(remote) }
      broker = remote
      return
    }
    // The queues' thread never waits for anything else: librabbitmq blocks, and libpq does while it looks up a host's name.
    let local = BrokerActor(
      configuration: try Foundations.broker(settings), reactor: try part.reactor("usher-broker"),
      logger: logger.part("broker"))
    part.add(local)
    if !settings.publishesEvents { part.add(EventsDismissal(broker: local, logger: logger.part("events"))) }
    part.probes.append { await Readiness.redis(local) }
    broker = local
    guard let (address, security) = try settings.role.listener() else { return }
    door = BrokerServer(
      host: address.host, port: address.port, security: security, broker: local,
      isReady: { await Readiness.redis(local).isReady }, logger: logger.part("grpc"),
      onRunning: { port in logger.notice("listening", metadata: ["grpc": "\(address.host):\(port)"]) })
  }

  private static func remote(
    _ configuration: RemoteBrokerConfiguration, _ logger: Logger
  ) throws(SettingsError) -> RemoteBroker {
    do {
      return try RemoteBroker(configuration, logger: logger.part("broker"))
    } catch {
      throw SettingsError("USHER_GRPC_CERTIFICATE_FILE: cannot be used with its key and authority: \(error)")
    }
  }
}
