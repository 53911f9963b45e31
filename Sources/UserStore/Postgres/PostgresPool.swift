import Logging
import Reactor

/// A few connections to PostgreSQL, by kind of work, so that what takes long never delays a login. Each comes back by itself.
struct PostgresPool: Sendable {
  /// A kind of work.
  enum Lane: Sendable {
    /// Logins, users, sessions: short, and somebody waits.
    case interactive
    /// The recording of the history.
    case history
    /// What may take long: pages of the history, exports, statistics, retention.
    case reports
  }

  /// Which connection serves which lane. Pure.
  struct Layout: Equatable {
    let interactive = 0
    let history: Int
    let reports: Range<Int>

    /// With one connection all share it, with two the reports have their own, with three the recording has, too; the rest
    /// are for reports, of which a connection has one at a time.
    init(connections: Int) {
      history = connections < 3 ? 0 : 1
      reports = min(connections - 1, 1 + history)..<connections
    }

    func name(of connection: Int) -> String {
      if connection == interactive { return "interactive" }
      if connection == history { return "history" }
      let number = connection - reports.lowerBound + 1
      return number == 1 ? "reports" : "reports-\(number)"
    }
  }

  /// How many connections there may be.
  static let sizes = 1...8

  private let connections: [PostgresConnection]
  private let layout: Layout
  private let reports: ReportLane

  init(_ configuration: UserStoreConfiguration, reactor: Reactor, logger: Logger) {
    let count = min(max(configuration.connections, Self.sizes.lowerBound), Self.sizes.upperBound)
    let layout = Layout(connections: count)
    let connections = (0..<count).map { number in
      let isOfReports = layout.reports.contains(number) && number != layout.interactive
      return PostgresConnection(
        PostgresConnection.Settings(
          url: configuration.url, connectTimeout: configuration.connectTimeout, waitTimeout: configuration.waitTimeout,
          statementTimeout: isOfReports ? configuration.reportTimeout : configuration.statementTimeout,
          maximumPending: configuration.maximumPending, name: layout.name(of: number)),
        reactor: reactor, logger: logger)
    }
    self.layout = layout
    self.connections = connections
    reports = ReportLane(
      Array(connections[layout.reports]),
      canceller: layout.reports.contains(layout.interactive) ? nil : connections[layout.interactive],
      patience: configuration.reportTimeout, reactor: reactor)
  }

  /// Connects without waiting for a request.
  func start() async {
    for connection in connections { await connection.start() }
  }

  /// As `PostgresConnection.shutdown`, of all.
  func shutdown() async {
    await withDiscardingTaskGroup { group in
      for connection in connections { group.addTask { await connection.shutdown() } }
    }
  }

  /// As `PostgresConnection.run`, on a connection of the lane. Runs where its caller does: that is the reactor, too.
  nonisolated(nonsending) func run(
    _ calls: [SQLCall], writes: Bool, timeout: Duration? = nil, on lane: Lane
  ) async throws(SQLFailure) -> [SQLResult] {
    switch lane {
    case .interactive: try await connections[layout.interactive].run(calls, writes: writes, timeout: timeout)
    case .history: try await connections[layout.history].run(calls, writes: writes, timeout: timeout)
    case .reports: try await reports.run(calls, writes: writes, timeout: timeout)
    }
  }
}
