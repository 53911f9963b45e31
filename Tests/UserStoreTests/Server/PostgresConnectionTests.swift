import FieldEncryption
import Glibc
import Reactor
import ServiceQueue
import Testing

@testable import UserStore

@Suite("PostgresConnection, against a real server", .serialized)
struct PostgresConnectionTests {
  static let echo = SQLStatement("test.echo", "SELECT $1::bigint")
  static let sleep = SQLStatement("test.sleep", "SELECT pg_sleep($1::bigint / 1000.0)")

  @Test func everyTypeThereAndBack() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      let statement = SQLStatement("test.types", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11")
      let moment = Timestamp(milliseconds: 1_764_000_000_123)
      let row = try #require(
        try await connection.run(
          [
            statement(
              .text("Ä'; DROP TABLE users; --"), .bytes([0, 1, 255]), .int(-5), .bool(true), .timestamp(moment),
              .texts(["a", "b'c\""]), .text(nil), .texts(nil), .bytes([]), .text(""), .ints([1, 2]))
          ], writes: false)[0].first)
      #expect(try row.text(0) == "Ä'; DROP TABLE users; --")
      #expect(try row.bytes(1) == [0, 1, 255])
      #expect(try row.int(2) == -5)
      #expect(try row.bool(3))
      #expect(try row.timestamp(4) == moment)
      #expect(try row.optionalTexts(5) == ["a", "b'c\""])
      #expect(try row.optionalText(6) == nil && row.optionalTexts(7) == nil)
      #expect(try row.bytes(8) == [] && row.text(9) == "")
      #expect(throws: SQLFailure.unreadable(column: 6)) { try row.text(6) }
      #expect(throws: SQLFailure.unreadable(column: 99)) { try row.text(99) }
      await connection.shutdown()
    }
  }

  @Test func manyAtOnceKeepTheirAnswers() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<500 as Range<Int64> {
          group.addTask {
            let result = try await connection.run([Self.echo(.int(number))], writes: number % 3 == 0)
            #expect(try result[0].first?.int(0) == number)
          }
        }
        try await group.waitForAll()
      }
      await connection.shutdown()
    }
  }

  @Test func failuresDoNotTouchOthers() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      let faulty = SQLStatement("test.faulty", "SELECT 1 / $1::bigint")
      let unparsable = SQLStatement("test.unparsable", "SELECT FROM FROM")
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<120 as Range<Int64> {
          group.addTask {
            do {
              switch number % 4 {
              case 0:
                _ = try await connection.run([faulty(.int(0))], writes: number % 8 == 0)
                Issue.record("a division by zero went through")
              case 1:
                _ = try await connection.run([unparsable()], writes: false)
                Issue.record("nonsense went through")
              default:
                let result = try await connection.run([Self.echo(.int(number))], writes: number % 4 == 3)
                #expect(try result[0].first?.int(0) == number)
              }
            } catch {
              let expected: SQLFailure? =
                switch number % 4 {
                case 0: .refused(sqlState: "22012", detail: "")
                case 1: .refused(sqlState: "42601", detail: "syntax error at or near \"FROM\"")
                default: nil
                }
              #expect(error as? SQLFailure == expected)
            }
          }
        }
      }
      await connection.shutdown()
    }
  }

  @Test func groupsAreAllOrNothing() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      func plain(_ text: String) -> SQLCall { SQLStatement(nil, text)() }
      _ = try await connection.run([plain("CREATE TABLE g (n bigint PRIMARY KEY)")], writes: true)
      await #expect(throws: SQLFailure.refused(sqlState: "23505", detail: "g_pkey")) {
        try await connection.run(
          [plain("INSERT INTO g VALUES (1)"), plain("INSERT INTO g VALUES (1)")], writes: true)
      }
      _ = try await connection.run(
        [plain("INSERT INTO g VALUES (2)"), plain("INSERT INTO g VALUES (3)")], writes: true)
      let rows = try await connection.run([plain("SELECT n FROM g ORDER BY n")], writes: false)[0].rows
      #expect(try rows.map { try $0.int(0) } == [2, 3])
      await connection.shutdown()
    }
  }

  @Test func failedCommitIsAFailure() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      func plain(_ text: String) -> SQLCall { SQLStatement(nil, text)() }
      _ = try await connection.run(
        [
          plain("CREATE TABLE p (n bigint PRIMARY KEY)"),
          plain("CREATE TABLE c (n bigint REFERENCES p (n) DEFERRABLE INITIALLY DEFERRED)"),
        ], writes: true)
      await #expect(throws: SQLFailure.refused(sqlState: "23503", detail: "c_n_fkey")) {
        try await connection.run([plain("INSERT INTO c VALUES (7)")], writes: true)
      }
      #expect(try await connection.run([plain("SELECT n FROM c")], writes: false)[0].rowCount == 0)
      await connection.shutdown()
    }
  }

  @Test func terminatedBackend() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      let killer = database.connection()
      let ownPID = SQLStatement("test.pid", "SELECT pg_backend_pid()::bigint")
      let pid = try #require(try await connection.run([ownPID()], writes: false)[0].first).int(0)
      async let write = connection.run([Self.sleep(.int(3000))], writes: true)
      async let read = connection.run([Self.echo(.int(1))], writes: false)
      try await Task.sleep(for: .milliseconds(100))
      _ = try await killer.run([SQLStatement(nil, "SELECT pg_terminate_backend(\(pid))")()], writes: true)
      do {
        _ = try await write
        Issue.record("the sleep went through")
      } catch { #expect(error as? SQLFailure == .outcomeUnknown) }
      do {
        _ = try await read
        Issue.record("the read went through")
      } catch {
        guard case .unavailable? = error as? SQLFailure else {
          Issue.record("\(error)")
          return
        }
      }
      // It comes back by itself, with its prepared statements.
      let result = try await connection.run([Self.echo(.int(7))], writes: false)
      #expect(try result[0].first?.int(0) == 7)
      #expect(try await connection.run([ownPID()], writes: false)[0].first?.int(0) != pid)
      await connection.shutdown()
      await killer.shutdown()
    }
  }

  @Test func terminatedWhileIdle() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      let killer = database.connection()
      for round in 0..<3 as Range<Int64> {
        let pid = try #require(
          try await connection.run([SQLStatement(nil, "SELECT pg_backend_pid()::bigint")()], writes: false)[0].first
        ).int(0)
        _ = try await killer.run([SQLStatement(nil, "SELECT pg_terminate_backend(\(pid))")()], writes: true)
        // A read that meets the break fails as unavailable, which says that it may be repeated.
        var answer: Int64?
        for _ in 0..<100 where answer == nil {
          do throws(SQLFailure) {
            answer = try await connection.run([Self.echo(.int(round))], writes: false)[0].first?.int(0)
          } catch {
            guard case .unavailable = error else { throw error }
            try await Task.sleep(for: .milliseconds(20))
          }
        }
        #expect(answer == round)
      }
      await connection.shutdown()
      await killer.shutdown()
    }
  }

  @Test func statementTimeout() async throws {
    try await withDatabase { database in
      let connection = database.connection { $0.statementTimeout = .milliseconds(100) }
      await #expect(throws: SQLFailure.refused(sqlState: "57014", detail: "")) {
        try await connection.run([Self.sleep(.int(5000))], writes: true)
      }
      _ = try await connection.run([Self.echo(.int(1))], writes: false)
      await connection.shutdown()
    }
  }

  @Test func aGroupMayRaiseItsTimeout() async throws {
    try await withDatabase { database in
      let connection = database.connection { $0.statementTimeout = .milliseconds(100) }
      let raise = SQLStatement(nil, "SELECT set_config('statement_timeout', '10s', true)")
      _ = try await connection.run([raise(), Self.sleep(.int(300))], writes: true, timeout: .seconds(10))
      await #expect(throws: SQLFailure.refused(sqlState: "57014", detail: "")) {
        try await connection.run([Self.sleep(.int(5000))], writes: true)
      }
      await connection.shutdown()
    }
  }

  @Test func silentPeer() async throws {
    try await withDatabase { database in
      let listener = try SilentListener()
      let silent = try DatabaseURL("postgresql://u:s3cret@127.0.0.1:\(listener.port)/x")
      let connection = database.connection {
        $0.url = silent
        $0.connectTimeout = .milliseconds(100)
        $0.waitTimeout = .milliseconds(350)
      }
      await #expect(throws: SQLFailure.unavailable("PostgreSQL cannot be reached")) {
        try await connection.run([Self.echo(.int(1))], writes: true)
      }
      await connection.shutdown()
    }
  }

  @Test func nobodyThere() async throws {
    try await withDatabase { database in
      let nobody = try DatabaseURL("postgresql://u:s3cret@127.0.0.1:1/x")
      let connection = database.connection {
        $0.url = nobody
        $0.waitTimeout = .milliseconds(200)
      }
      let clock = ContinuousClock()
      let took = await clock.measure {
        await #expect(throws: SQLFailure.unavailable("PostgreSQL cannot be reached")) {
          try await connection.run([Self.echo(.int(1))], writes: true)
        }
      }
      #expect(took >= .milliseconds(200) && took < .seconds(15))
      await connection.shutdown()
      await #expect(throws: SQLFailure.unavailable("the store is shut down")) {
        try await connection.run([Self.echo(.int(1))], writes: true)
      }
    }
  }

  @Test func boundedQueue() async throws {
    try await withDatabase { database in
      let connection = database.connection { $0.maximumPending = 4 }
      let outcomes = await withTaskGroup(of: SQLFailure?.self) { group in
        for _ in 0..<20 {
          group.addTask {
            do {
              _ = try await connection.run([Self.sleep(.int(50))], writes: true)
              return nil
            } catch { return error as? SQLFailure }
          }
        }
        return await group.reduce(into: [SQLFailure?]()) { $0.append($1) }
      }
      #expect(outcomes.count { $0 == .overloaded } == 16 && outcomes.count { $0 == nil } == 4)
      await connection.shutdown()
    }
  }

  @Test func shutdownLetsWhatIsInFlightFinish() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      _ = try await connection.run([Self.echo(.int(1))], writes: false)
      async let result = connection.run([Self.sleep(.int(150))], writes: true)
      try await Task.sleep(for: .milliseconds(50))
      await connection.shutdown()
      #expect(try await result.count == 1)
    }
  }

  @Test func largeValues() async throws {
    try await withDatabase { database in
      let connection = database.connection()
      let statement = SQLStatement("test.large", "SELECT $1")
      let large = [UInt8](repeating: 7, count: 8 << 20)
      async let one = connection.run([statement(.bytes(large))], writes: false)
      async let two = connection.run([Self.echo(.int(2))], writes: true)
      let (first, second) = try await (one, two)
      #expect(try first[0].first?.bytes(0) == large)
      #expect(try second[0].first?.int(0) == 2)
      await connection.shutdown()
    }
  }
}

/// A socket to which one can connect, and which says nothing.
final class SilentListener {
  private let descriptor: CInt
  let port: UInt16

  struct Failed: Error {}

  init() throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let fd = descriptor
    let succeeded = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, length) == 0 && listen(fd, 16) == 0 && getsockname(fd, $0, &length) == 0
      }
    }
    guard succeeded else {
      close(fd)
      throw Failed()
    }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }
}
