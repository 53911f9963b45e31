import Logging
import NIOCore
import ServiceQueue

/// What the parts of the Gateway share.
struct GatewayServices: Sendable {
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
}
