import CPostgres
import Logging

/// One libpq connection. Owns the `PGconn`, which is freed here and never leaves; so are results. Nothing here blocks, but
/// for the look-up of a host name in `init`. Not for two threads at once: it lives in `PostgresConnection`.
final class LibpqHandle {
  enum Progress {
    case wantsRead
    case wantsWrite
    case connected
    case failed
  }

  private let connection: OpaquePointer
  private let notices: Unmanaged<NoticeSink>

  /// Begins to connect; nil when there is no memory.
  init?(_ url: DatabaseURL, statementTimeout: Duration, logger: Logger) {
    var settings = url.options
    settings["host"] = settings["host"] ?? url.host
    settings["port"] = String(url.port)
    settings["dbname"] = url.database
    settings["user"] = url.user
    settings["password"] = url.password
    settings["client_encoding"] = "UTF8"
    settings["application_name"] = settings["application_name"] ?? "usher"
    // Looking for Kerberos tickets may block.
    settings["gssencmode"] = "disable"
    // A peer that vanished is noticed by the kernel as well.
    settings["tcp_user_timeout"] = "15000"
    let timeout = "-c statement_timeout=\(statementTimeout.wholeMilliseconds)"
    settings["options"] = settings["options"].map { "\($0) \(timeout)" } ?? timeout
    let pairs = Array(settings)
    let opened = Self.withCStrings(pairs.map(\.key)) { keys in
      Self.withCStrings(pairs.map(\.value)) { values in PQconnectStartParams(keys, values, 0) }
    }
    guard let opened else { return nil }
    connection = opened
    notices = Unmanaged.passRetained(NoticeSink(logger: logger))
    PQsetNoticeReceiver(
      connection,
      { sink, notice in
        guard let sink else { return }
        Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().receive(notice)
      }, notices.toOpaque())
  }

  deinit {
    PQfinish(connection)
    notices.release()
  }

  /// The descriptor; it may change with each `advance()` while connecting. Negative when there is none.
  var descriptor: CInt { PQsocket(connection) }
  /// The process that serves it, by which another connection may cancel what it does; nil when there is none.
  var backendProcessID: Int64? {
    let id = PQbackendPID(connection)
    return id > 0 ? Int64(id) : nil
  }
  var isBroken: Bool { PQstatus(connection) == CONNECTION_BAD }

  /// Why it did not connect, in libpq's words, which name host and user but not the password. Only while connecting: later
  /// the text may repeat values of statements.
  var connectError: String {
    PQerrorMessage(connection).map { String(cString: $0).split(separator: "\n").joined(separator: "; ") } ?? ""
  }

  func advance() -> Progress {
    switch PQconnectPoll(connection) {
    case PGRES_POLLING_READING: .wantsRead
    case PGRES_POLLING_WRITING: .wantsWrite
    case PGRES_POLLING_OK:
      PQsetnonblocking(connection, 1) == 0 && PQenterPipelineMode(connection) == 1 ? .connected : .failed
    default: .failed
    }
  }

  // MARK: Sending. False: the connection is broken.

  func prepare(_ name: String, _ call: SQLCall) -> Bool {
    let types = call.parameters.map(\.type.rawValue)
    return PQsendPrepare(connection, name, call.statement.text, Int32(types.count), types) == 1
  }

  /// Sends the statement, by its prepared name or by its text.
  func execute(_ call: SQLCall, preparedName: String?) -> Bool {
    let count = call.parameters.count
    // One buffer for all values: a pointer into it stays valid while libpq copies them.
    var buffer: [UInt8] = []
    buffer.reserveCapacity(call.parameters.reduce(1) { $0 + ($1.value?.count ?? 0) })
    let places = call.parameters.map { parameter -> Int? in
      guard let value = parameter.value else { return nil }
      defer { buffer.append(contentsOf: value) }
      return buffer.count
    }
    buffer.append(0)
    let lengths = call.parameters.map { Int32(clamping: $0.value?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: count)
    return buffer.withUnsafeBytes { bytes in
      let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
      let values = places.map { place in place.flatMap { offset in base.map { $0 + offset } } }
      if let name = preparedName {
        return PQsendQueryPrepared(connection, name, Int32(count), values, lengths, formats, 1) == 1
      }
      let types = call.parameters.map(\.type.rawValue)
      return PQsendQueryParams(
        connection, call.statement.text, Int32(count), types, values, lengths, formats, 1) == 1
    }
  }

  /// Ends a segment, and sends what it can.
  func sync() -> Bool { PQpipelineSync(connection) == 1 }

  /// Sends what it can; nil: broken, true: there is more, wait until it is writable.
  func flush() -> Bool? {
    switch PQflush(connection) {
    case 0: false
    case 1: true
    default: nil
    }
  }

  // MARK: Receiving

  /// Takes in what has arrived; false: the connection is broken.
  func consume() -> Bool { PQconsumeInput(connection) == 1 }

  enum Reply {
    case result(SQLResult)
    case failure(SQLFailure)
    case aborted
    case sync
    /// Between two statements.
    case separator
  }

  /// The next reply; nil when more must arrive first.
  func next() -> Reply? {
    guard PQisBusy(connection) == 0 else { return nil }
    guard let result = PQgetResult(connection) else { return .separator }
    defer { PQclear(result) }
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK: return .result(Self.copy(result))
    case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .result(.empty)
    case PGRES_PIPELINE_SYNC: return .sync
    case PGRES_PIPELINE_ABORTED: return .aborted
    default: return .failure(Self.failure(result))
    }
  }

  private static func copy(_ result: OpaquePointer) -> SQLResult {
    let columns = PQnfields(result)
    let rows = PQntuples(result)
    var bytes: [UInt8] = []
    var cells: [SQLResult.Cell] = []
    cells.reserveCapacity(Int(rows * columns))
    for row in 0..<rows {
      for column in 0..<columns {
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
          cells.append(SQLResult.Cell(offset: 0, length: -1))
          continue
        }
        let length = Int(PQgetlength(result, row, column))
        cells.append(SQLResult.Cell(offset: bytes.count, length: length))
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: length))
      }
    }
    return SQLResult(columns: Int(columns), bytes: bytes, cells: cells)
  }

  /// SQLSTATE and constraint; the server's words only for class 42 (a faulty statement), as others may repeat values.
  private static func failure(_ result: OpaquePointer) -> SQLFailure {
    guard let state = field(result, "C") else { return .outcomeUnknown }
    let detail = state.hasPrefix("42") ? field(result, "M") : field(result, "n")
    return .refused(sqlState: state, detail: detail ?? "")
  }

  /// A field of an error or notice, by the letter that libpq's PG_DIAG_ macros stand for.
  fileprivate static func field(_ result: OpaquePointer?, _ code: Unicode.Scalar) -> String? {
    PQresultErrorField(result, CInt(code.value)).map { String(cString: $0) }
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
  ) -> R {
    var buffer: [CChar] = []
    let places = strings.map { string in
      defer { buffer.append(contentsOf: string.utf8CString) }
      return buffer.count
    }
    return buffer.withUnsafeBufferPointer { bytes in
      let pointers = places.map { place in bytes.baseAddress.map { $0 + place } } + [nil]
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }
}

/// Where libpq's notices go: their code to the debug log, their words nowhere.
private final class NoticeSink {
  private let logger: Logger

  init(logger: Logger) { self.logger = logger }

  func receive(_ notice: OpaquePointer?) {
    logger.debug("PostgreSQL notice", metadata: ["sqlstate": "\(LibpqHandle.field(notice, "C") ?? "none")"])
  }
}

extension Duration {
  /// At least 1.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}
