import CoreMetrics
import FieldEncryption
import Foundation
import Gateway
import Logging
import Reactor
import ServiceQueue
import Telemetry
import UserStore

/// The Gateway as it is in the server, over users in a real PostgreSQL: what `usher-bench rest` measures, in a process of its own.
/// It says `ready HTTP ADMIN` on the standard output, the ports, and ends with its standard input.
enum RestServer {
  /// The environment variable with the URL of the PostgreSQL.
  static let databaseVariable = "USHER_BENCH_DATABASE_URL"
  /// The environment variable with the path of the keyset.
  static let keysetVariable = "USHER_BENCH_KEYSET_FILE"

  static func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    guard let url = environment[databaseVariable], let file = environment[keysetVariable] else {
      throw BenchError("\(databaseVariable) and \(keysetVariable) must be set")
    }
    let registry = MetricsRegistry()
    MetricsSystem.bootstrap(registry)
    // As the server's own.
    let logger = Logger(label: "usher.bench") { LineLogHandler(label: $0, format: .json, level: .warning) }
    let keyset = try Keyset(contentsOfFile: file)
    let reactor = try Reactor(name: "bench-store")
    let store = UserStoreActor(
      configuration: UserStoreConfiguration(url: try DatabaseURL(url)), keyset: try AEAD(keyset), reactor: reactor,
      logger: logger)
    let free = GatewayConfiguration.Address(host: "127.0.0.1", port: 0)
    let gateway = Gateway(
      configuration: GatewayConfiguration(http: free, admin: free, site: RestSite.name), broker: try SyntheticBroker(),
      stores: GatewayStores(store), vault: try FieldVault(keyset: keyset), health: { [] },
      metricsText: { registry.prometheusText() }, logger: logger,
      onRunning: { http, admin in
        Orders.answer("ready \(http) \(admin)")
        Thread.detachNewThread {
          while readLine() != nil {}
          exit(0)
        }
      })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await store.run() }
      group.addTask { try await gateway.run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
