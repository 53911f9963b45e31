import Synchronization

/// The open WebSockets, to find those of a user and to bound their number.
final class Connections: Sendable {
  private let open = Mutex<[ObjectIdentifier: ConnectionActor]>([:])
  private let metrics: GatewayMetrics

  init(metrics: GatewayMetrics) { self.metrics = metrics }

  var count: Int { open.withLock { $0.count } }

  func add(_ connection: ConnectionActor) {
    metrics.connections(
      open.withLock {
        $0[ObjectIdentifier(connection)] = connection; return $0.count
      })
  }

  func remove(_ connection: ConnectionActor) {
    metrics.connections(
      open.withLock {
        $0[ObjectIdentifier(connection)] = nil; return $0.count
      })
  }

  var all: [ConnectionActor] { open.withLock { Array($0.values) } }
}
