import Reactor
import Testing

@testable import UserStore

@Suite("PostgresPool, against a real server", .serialized)
struct PostgresPoolTests {
  static let sleep = SQLStatement("test.pool_sleep", "SELECT pg_sleep($1::bigint / 1000.0)")
  static let pid = SQLStatement("test.pool_pid", "SELECT pg_backend_pid()::bigint")

  func withPool(
    _ change: (inout UserStoreConfiguration) -> Void = { _ in },
    _ body: (PostgresPool, TestDatabase) async throws -> Void
  ) async throws {
    try await withDatabase { database in
      var configuration = UserStoreConfiguration(url: database.url)
      change(&configuration)
      let pool = PostgresPool(configuration, reactor: database.reactor, logger: TestDatabase.quietLogger())
      await pool.start()
      let result: Result<Void, any Error>
      do { result = .success(try await body(pool, database)) } catch { result = .failure(error) }
      await pool.shutdown()
      try result.get()
    }
  }

  @Test func aLongReportDelaysNobody() async throws {
    try await withPool { pool, _ in
      async let report = pool.run([Self.sleep(.int(1_500))], writes: false, on: .reports)
      let clock = ContinuousClock()
      try await Task.sleep(for: .milliseconds(100))
      var slowest = Duration.zero
      for _ in 0..<50 {
        slowest = max(
          slowest, try await clock.measure { _ = try await pool.run([Self.pid()], writes: false, on: .interactive) })
        _ = try await pool.run([Self.pid()], writes: true, on: .history)
      }
      #expect(slowest < .seconds(1))
      _ = try await report
    }
  }

  @Test func lanesAreConnections() async throws {
    for connections in 1...5 {
      try await withPool {
        $0.connections = connections
      } _: { pool, _ in
        var pids: Set<Int64> = []
        for lane in [PostgresPool.Lane.interactive, .history, .reports] {
          pids.insert(try #require(try await pool.run([Self.pid()], writes: false, on: lane)[0].first).int(0))
        }
        #expect(pids.count == min(connections, 3))
      }
    }
  }

  @Test func oneReportAtATimeUnlessThereAreMoreConnections() async throws {
    for (connections, bounds) in [(2, 4_000...60_000), (4, 2_000...3_990)] {
      try await withPool {
        $0.connections = connections
      } _: { pool, _ in
        _ = try await pool.run([Self.pid()], writes: false, on: .reports)
        let took = try await ContinuousClock().measure {
          async let one = pool.run([Self.sleep(.int(2_000))], writes: false, on: .reports)
          async let two = pool.run([Self.sleep(.int(2_000))], writes: false, on: .reports)
          _ = try await (one, two)
        }
        #expect(took >= .milliseconds(bounds.lowerBound) && took <= .milliseconds(bounds.upperBound), "\(took)")
      }
    }
  }

  @Test func aReportThatTakesTooLongEnds() async throws {
    try await withStore { _, database in
      let store = database.store { $0.reportTimeout = .milliseconds(200) }
      await expectError(.unavailable) { try await store.report(Self.sleep(.int(5_000))) }
      _ = try await store.report(Self.pid())
      // Others keep their own timeout.
      _ = try await store.read(Self.sleep(.int(400)))
      await store.shutdown()
    }
  }

  @Test func patienceOfThoseBehindEnds() async throws {
    try await withPool {
      $0.reportTimeout = .milliseconds(300)
    } _: { pool, _ in
      // Its own statement timeout is raised, so it keeps the connection.
      let raise = SQLStatement(nil, "SELECT set_config('statement_timeout', '10s', true)")
      async let long = pool.run([raise(), Self.sleep(.int(1_000))], writes: true, timeout: .seconds(10), on: .reports)
      try await Task.sleep(for: .milliseconds(100))
      await #expect(throws: SQLFailure.unavailable("other reports have kept every connection busy")) {
        try await pool.run([Self.pid()], writes: false, on: .reports)
      }
      _ = try await long
    }
  }

  /// What the caller does not wait for any more ends in PostgreSQL, too, and whoever is next is not hit.
  @Test func whoGoesAwayFreesTheConnection() async throws {
    try await withPool { pool, _ in
      for round in 0..<20 {
        let report = Task { try await pool.run([Self.sleep(.int(20_000))], writes: false, on: .reports) }
        let behind = Task { try await pool.run([Self.sleep(.int(20_000))], writes: false, on: .reports) }
        let last = Task { try await pool.run([Self.pid()], writes: false, on: .reports) }
        try await Task.sleep(for: .milliseconds(round < 3 ? 100 : round * 2))
        let took = try await ContinuousClock().measure {
          behind.cancel()
          report.cancel()
          _ = try await last.value
        }
        #expect(took < .seconds(5))
        await #expect(throws: SQLFailure.self) { try await report.value }
        await #expect(throws: SQLFailure.self) { try await behind.value }
      }
    }
  }

  @Test func everyConnectionHealsByItself() async throws {
    try await withPool {
      $0.connections = 3
    } _: { pool, database in
      let killer = database.connection()
      for lane in [PostgresPool.Lane.interactive, .history, .reports] {
        let pid = try #require(try await pool.run([Self.pid()], writes: false, on: lane)[0].first).int(0)
        _ = try await killer.run([SQLStatement(nil, "SELECT pg_terminate_backend(\(pid))")()], writes: true)
        var answer: Int64?
        for _ in 0..<200 where answer == nil {
          do throws(SQLFailure) {
            answer = try await pool.run([Self.pid()], writes: false, on: lane)[0].first?.int(0)
          } catch {
            guard case .unavailable = error else { throw error }
            try await Task.sleep(for: .milliseconds(20))
          }
        }
        #expect(answer != nil && answer != pid)
      }
      await killer.shutdown()
    }
  }
}
