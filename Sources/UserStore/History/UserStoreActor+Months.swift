import FieldEncryption
import Logging
import ServiceQueue

/// The history's partitions: made ahead and when they are needed, dropped when they are older than what is kept.
extension UserStoreActor {
  /// Months that the daily round makes ahead, this one included.
  private static let ahead: Range<Int64> = 0..<3
  /// How long dropping a month may take.
  private static let patience = Duration.seconds(600)

  /// Whoever waits for a lock on the whole history makes everybody else wait: it gives up soon, and comes again.
  private static let limitLocks = SQLStatement("months.locks", "SELECT set_config('lock_timeout', '2s', true)")
  private static let raiseTimeout = SQLStatement(
    "months.timeout", "SELECT set_config('statement_timeout', '600s', true)")
  private static let make = SQLStatement("months.make", "SELECT make_history_month(to_date($1, 'YYYY-MM'))")
  private static let makeAhead = SQLStatement(
    "months.make_ahead",
    """
    SELECT make_history_month(
      (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => $1::int))::date)
    """)
  private static let beginning = "(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $1::int))"
  private static let selectOld = SQLStatement(
    "months.old",
    """
    SELECT DISTINCT translate(right(c.relname::text, 7), '_', '-')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent IN ('service_history'::regclass, 'service_events'::regclass)
      AND c.relname::text ~ '_[0-9]{4}_[0-9]{2}$' AND to_date(right(c.relname::text, 7), 'YYYY_MM') < \(beginning)
    ORDER BY 1
    """)
  private static let drop = SQLStatement("months.drop", "SELECT drop_history_month(to_date($1, 'YYYY-MM'))::text")
  private static let oldStrays = """
    service_history_default WHERE ended_at IS NOT NULL AND submitted_at < \(beginning) AT TIME ZONE 'UTC'
    """
  /// As when a month is dropped: not those of open services, and not the newest of a queue's lifetime.
  private static let oldStrayEvents = """
    service_events_default d WHERE d.at < \(beginning) AT TIME ZONE 'UTC'
      AND NOT EXISTS (SELECT FROM service_history h WHERE h.id = d.service_id AND h.ended_at IS NULL)
      AND EXISTS (SELECT FROM service_events e
        WHERE e.queue = d.queue AND e.epoch = d.epoch AND e.version > d.version)
    """
  private static let countStrays = SQLStatement(
    "months.count_strays",
    "SELECT (SELECT count(*) FROM \(oldStrays)) + (SELECT count(*) FROM \(oldStrayEvents))")
  private static let deleteStrays = SQLStatement("months.delete_strays", "DELETE FROM \(oldStrays)")
  private static let deleteStrayEvents = SQLStatement("months.delete_stray_events", "DELETE FROM \(oldStrayEvents)")

  /// Makes the months that a batch needs, where they are missing. That they cannot be made is no reason not to record.
  func makeMonths(of batch: HistoryBatch) async throws(UserStoreError) {
    let missing = months.missing(of: batch.moments, now: Timestamp(milliseconds: WallClock.milliseconds()), clock: .now)
    guard !missing.isEmpty else { return }
    do {
      _ = try await write([Self.limitLocks()] + missing.map { Self.make(.text($0.description)) }, on: .history)
      months.made(missing)
    } catch {
      guard case .refused = error else { throw UserStoreError(error) }
      months.failed(clock: .now)
      logger.warning(
        "no partition for a month of the history: the default one takes it",
        metadata: [
          "months": "\(missing.map(\.description).joined(separator: " "))", "error": "\(UserStoreError(error))",
        ])
    }
  }

  /// Makes the partitions of this month and the next two, by PostgreSQL's clock.
  func makeMonthsAhead() async throws(UserStoreError) {
    let calls = [Self.limitLocks()] + Self.ahead.map { Self.makeAhead(.int($0)) }
    _ = try await translating { () async throws(SQLFailure) in try await self.write(calls, on: .history) }
  }

  /// Drops what was submitted before the last `kept` whole months, and returns the months that were dropped. Each is a
  /// transaction with its audit entry. Services that are open stay with their events, until they end.
  func dropHistory(keeping kept: Int) async throws(UserStoreError) -> [String] {
    let parameter = SQLParameter.int(Int64(kept))
    var dropped: [String] = []
    for row in try await report(Self.selectOld(parameter))[0].rows {
      let month = try text(row)
      let calls = [
        Self.limitLocks(), Self.raiseTimeout(), Self.drop(.text(month)),
        AuditSQL.insert(
          AuditEntry(action: "history.drop", actor: nil, object: month, detail: Self.detail(kept: kept))),
      ]
      do {
        _ = try await write(calls, timeout: Self.patience, on: .reports)
        dropped.append(month)
      } catch {
        // Another node was faster.
        guard error.isRefusal(SQLState.undefinedObject) else { throw UserStoreError(error) }
      }
    }
    let strays = try await report(Self.countStrays(parameter))[0].first
    guard let count = try? strays?.int(0), count > 0 else { return dropped }
    let calls = [
      Self.limitLocks(), Self.raiseTimeout(), Self.deleteStrays(parameter), Self.deleteStrayEvents(parameter),
      AuditSQL.insert(
        AuditEntry(action: "history.drop", actor: nil, object: "default", detail: Self.detail(kept: kept))),
    ]
    _ = try await translating { () async throws(SQLFailure) in
      try await self.write(calls, timeout: Self.patience, on: .reports)
    }
    return dropped
  }

  private func text(_ row: SQLRow) throws(UserStoreError) -> String {
    do { return try row.text(0) } catch { throw UserStoreError(error) }
  }

  private static func detail(kept: Int) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("months_kept")
      $0.number(kept)
    }
    return json.bytes
  }
}
