import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceQueue
import Tracing
import UserStore

/// The history as one CSV file of any length, made while it is sent: one page of it is in memory at a time, and the next is
/// asked for when the client has taken the one before. Since submission times and ids never change, each service is there once
/// whatever happens meanwhile.
struct HistoryExport: Sendable {
  let exchange: Exchange
  let principal: Principal
  let filter: HistoryFilter

  /// Services a page; fewer with personal data, each of which may be long.
  private static let page = 1_000
  private static let personalPage = 100

  /// The answer, whose first page is there, so that what fails at once is a problem and not half a file.
  func response() async throws -> Response {
    let withPersonal = try exchange.flag("personal")
    let limit = try exchange.query("limit", in: 1...1_000_000_000).map(Int.init) ?? .max
    if withPersonal {
      let entry = exchange.auditEntry("history.export", by: principal, detail: filter.detail(count: nil))
      try await exchange.services.stores.audit.record(entry)
    }
    var query = filter.query
    query.isPersonal = withPersonal
    query.limit = min(limit, withPersonal ? Self.personalPage : Self.page)
    let first = try await page(query)
    let (rest, next) = (query, limit - first.entries.count)
    let trace = ServiceContext.current
    return .csv(named: "usher-history.csv") { writer in
      // The body is written when the request's own span is over.
      try await ServiceContext.withValue(trace) {
        try await stream(first, rest, left: next, withPersonal: withPersonal, to: &writer)
      }
    }
  }

  private func page(_ query: HistoryQuery) async throws -> HistoryPage {
    let store = exchange.services.stores.history
    return try await exchange.unlessAbandoned { try await store.history(query) }
  }

  private func stream(
    _ first: HistoryPage, _ query: HistoryQuery, left: Int, withPersonal: Bool, to writer: inout any ResponseBodyWriter
  ) async throws {
    var (page, query, left) = (first, query, left)
    var csv = HistoryCSV.header(withPersonal: withPersonal)
    while true {
      csv += lines(page.entries, withPersonal: withPersonal)
      try await exchange.write(ByteBuffer(bytes: csv), to: &writer)
      csv = []
      guard let next = page.next, left > 0 else { return try await writer.finish(nil) }
      query.after = next
      query.limit = min(query.limit, left)
      do {
        page = try await self.page(query)
      } catch {
        // The head said 200; that the connection breaks off is all that can be told.
        exchange.services.logger.warning(
          "a history export broke off", metadata: ["error": "\(GatewayError(any: error).code)"])
        throw error
      }
      left -= page.entries.count
    }
  }

  private func lines(_ entries: [HistoryEntry], withPersonal: Bool) -> [UInt8] {
    var csv = CSVWriter(capacity: 256 * entries.count)
    for entry in entries {
      HistoryCSV.write(
        entry, personal: withPersonal ? .some(exchange.desk.opened(entry.service, for: .staff)) : nil, to: &csv)
    }
    return csv.bytes
  }
}
