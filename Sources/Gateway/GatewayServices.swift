import Logging
import NIOCore
import ServiceQueue

/// What the parts of the Gateway share: one object, so that each request and each connection holds one reference.
final class GatewayServices: Sendable {
  let configuration: GatewayConfiguration
  let desk: CommandDesk
  let stores: GatewayStores
  let tokens: TokenAuthority
  /// Nil when no OpenID provider is trusted.
  let openID: OpenIDSignIn?
  let rights: RightsRegistry
  let limiter: LoginLimiter
  let hub: QueueHub
  let connections: Connections
  let presence: PresenceKeeper
  let metrics: GatewayMetrics
  let ids: ServiceIDs
  let clock: GatewayClock
  let logger: Logger

  init(
    configuration: GatewayConfiguration, desk: CommandDesk, stores: GatewayStores, tokens: TokenAuthority,
    openID: OpenIDSignIn?, rights: RightsRegistry, limiter: LoginLimiter, hub: QueueHub, connections: Connections,
    presence: PresenceKeeper, metrics: GatewayMetrics, ids: ServiceIDs, clock: GatewayClock, logger: Logger
  ) {
    self.configuration = configuration
    self.desk = desk
    self.stores = stores
    self.tokens = tokens
    self.openID = openID
    self.rights = rights
    self.limiter = limiter
    self.hub = hub
    self.connections = connections
    self.presence = presence
    self.metrics = metrics
    self.ids = ids
    self.clock = clock
    self.logger = logger
  }
}
