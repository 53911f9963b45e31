import NIOCore
import ServiceQueue
import Synchronization

/// The open WebSockets and event streams: to find those of a user or a session, to bound their number on this node, and the
/// jobs that they wait for.
///
/// Bounds: `Limits.total` in all and `Limits.perUser` of one user; of one address `Limits.waiting` sockets that have not said
/// who they are. What is over a bound is refused, and counted.
final class Connections: Sendable {
  struct Limits: Hashable, Sendable {
    let total: Int
    let perUser: Int
    let waiting: Int
  }

  private struct Entry {
    let connection: ConnectionActor
    var user: String?
    var session: String?
  }

  private struct State {
    var open: [ObjectIdentifier: Entry] = [:]
    var ofUser: [String: Int] = [:]
    /// The addresses of the channels that have not said who they are.
    var waiting: [ObjectIdentifier: String] = [:]
    var ofAddress: [String: Int] = [:]
  }

  let limits: Limits
  let jobs: JobRunner
  private let state = Mutex(State())
  private let proxies: TrustedProxies
  private let metrics: GatewayMetrics

  /// None yet; all will be of the group's event loops.
  init(
    group: any EventLoopGroup, limits: Limits, proxies: TrustedProxies = TrustedProxies(), metrics: GatewayMetrics
  ) {
    jobs = JobRunner(group: group)
    self.limits = limits
    self.proxies = proxies
    self.metrics = metrics
  }

  var count: Int { state.withLock { $0.open.count } }

  /// How many sockets of all addresses have not said who they are.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  var all: [ConnectionActor] { state.withLock { $0.open.values.map(\.connection) } }

  /// True while this node takes another connection.
  var hasRoom: Bool { count < limits.total }

  /// Throws `overloaded`, and counts it, while this node takes no other connection.
  func requireRoom() throws(GatewayError) {
    guard hasRoom else {
      metrics.refused("node")
      throw GatewayError(.overloaded, "too many WebSockets and event streams are open")
    }
  }

  /// True while this user may have another connection.
  func hasRoom(for user: String) -> Bool { state.withLock { $0.ofUser[user] ?? 0 } < limits.perUser }

  // MARK: Sockets that have not said who they are

  /// A socket was accepted; false when its address has too many that have not said who they are: it is to be closed.
  /// A trusted proxy's socket counts for nobody until it has said for whom it comes.
  func arrived(_ channel: any Channel) -> Bool {
    let address = channel.remoteAddress?.ipAddress ?? "unknown"
    return proxies.contains(address) || take(channel, of: address)
  }

  /// The same when a socket's head has come, for one that a trusted proxy opened: it counts for the client there named.
  func introduced(_ channel: any Channel, forwarded: [String]) -> Bool {
    let address = channel.remoteAddress?.ipAddress ?? "unknown"
    return !proxies.contains(address) || take(channel, of: proxies.client(peer: address, forwarded: forwarded))
  }

  private func take(_ channel: any Channel, of address: String) -> Bool {
    let isTaken = state.withLock { state in
      guard state.ofAddress[address, default: 0] < limits.waiting else { return false }
      guard state.waiting.updateValue(address, forKey: ObjectIdentifier(channel)) == nil else { return true }
      state.ofAddress[address, default: 0] += 1
      return true
    }
    if !isTaken { metrics.refused("address") }
    return isTaken
  }

  /// The socket has said who it is, turned out to be one of ordinary requests, or is closed.
  func settled(_ channel: any Channel) { state.withLock { Self.settle(ObjectIdentifier(channel), &$0) } }

  private static func settle(_ channel: ObjectIdentifier, _ state: inout State) {
    guard let address = state.waiting.removeValue(forKey: channel) else { return }
    let left = state.ofAddress[address, default: 1] - 1
    state.ofAddress[address] = left > 0 ? left : nil
  }

  // MARK: Connections

  func add(_ connection: ConnectionActor) {
    metrics.connections(
      state.withLock {
        $0.open[ObjectIdentifier(connection)] = Entry(connection: connection); return $0.open.count
      })
  }

  /// The connection's token was verified: from now on it is found by its user and session. False when it is one more than the
  /// user may have: it is to be closed. Nothing happens for one that has ended, or when the token is another user's.
  func admit(_ connection: ConnectionActor, _ token: AccessToken) -> Bool {
    let (id, user) = (ObjectIdentifier(connection), token.principal.id)
    let isAdmitted = state.withLock { state in
      guard let entry = state.open[id], entry.user == nil || entry.user == user else { return true }
      if entry.user == nil {
        guard state.ofUser[user, default: 0] < limits.perUser else { return false }
        state.ofUser[user, default: 0] += 1
      }
      state.open[id]?.user = user
      state.open[id]?.session = token.session
      Self.settle(ObjectIdentifier(connection.channel), &state)
      return true
    }
    if !isAdmitted { metrics.refused("user") }
    return isAdmitted
  }

  func remove(_ connection: ConnectionActor) {
    let count = state.withLock { state in
      Self.settle(ObjectIdentifier(connection.channel), &state)
      if let user = state.open.removeValue(forKey: ObjectIdentifier(connection))?.user {
        let left = state.ofUser[user, default: 1] - 1
        state.ofUser[user] = left > 0 ? left : nil
      }
      return state.open.count
    }
    metrics.connections(count)
  }

  /// Waits until none is open; when cancelled, closes those that are.
  func drained() async {
    // A shutdown's last seconds only: looking again is simpler than being told.
    while !Task.isCancelled, count > 0 { try? await Task.sleep(for: .milliseconds(10)) }
    for connection in all { connection.channel.close(promise: nil) }
  }

  func of(users: Set<String>) -> [ConnectionActor] { found { $0.user.map(users.contains) ?? false } }

  func of(sessions: Set<String>) -> [ConnectionActor] { found { $0.session.map(sessions.contains) ?? false } }

  private func found(_ isMeant: (Entry) -> Bool) -> [ConnectionActor] {
    state.withLock { $0.open.values.filter(isMeant).map(\.connection) }
  }
}
