public import ServiceQueue

/// A service and what happened to it, from the history.
public struct ServiceLife: Sendable {
  /// Its last recorded form, without its personal data.
  public let entry: HistoryEntry
  /// What happened to it, in order.
  public let events: [ServiceEvent]
  /// How many events come before the next page; nil when this was the last.
  public let next: Int?
}

/// One thing that happened to a service.
public struct ServiceEvent: Hashable, Sendable {
  /// The event's type, such as `service.claimed`.
  public let type: String
  /// When, by Redis' clock.
  public let at: Timestamp
  /// The user name of who did it, `amqp`, or `system` for the Broker itself.
  public let actor: String
  /// The state that it had from then on.
  public let state: String
  /// The queue that changed by it.
  public let queue: String
  /// The queue's lifetime.
  public let epoch: String
  /// The queue's version then.
  public let version: Int64
}

extension UserStoreActor {
  private static let selectPlain = SQLStatement(
    "history.plain_entry",
    "SELECT \(HistorySQL.withoutPersonal) FROM service_history WHERE id = $1 ORDER BY version DESC LIMIT 1")
  /// A transfer is two events of one service version: it leaves, then it comes. Events from before its versions were kept
  /// go by their time.
  private static let selectEvents = SQLStatement(
    "history.events_of_service",
    """
    SELECT type, at, actor, state, queue, epoch, version FROM service_events WHERE service_id = $1
    ORDER BY service_version NULLS FIRST, at, type <> 'service.transferred', queue, epoch, version
    OFFSET $2 LIMIT $3
    """)

  /// How many events a page of a service's life may have.
  public static let lifeLimits = 1...1_000

  /// The life of a service: its last form, and at most `limit` (1 to 1,000) events after the first `skipped`. Events of months
  /// that are no longer kept are not among them. Throws `notFound`.
  public func life(of id: ServiceID, skipping skipped: Int, limit: Int) async throws(UserStoreError) -> ServiceLife {
    guard Self.lifeLimits.contains(limit), skipped >= 0 else {
      throw UserStoreError(.invalidArgument, "limit is 1 to \(Self.lifeLimits.upperBound)")
    }
    let results = try await report(
      Self.selectPlain(.text(id.rawValue)),
      Self.selectEvents(.text(id.rawValue), .int(Int64(skipped)), .int(Int64(limit) + 1)))
    guard let row = results[0].first else {
      throw UserStoreError(.notFound, "the history has no such service, or none that you may see")
    }
    let entry = try HistoryEntry(row)
    do {
      let events = try results[1].rows.prefix(limit).map { row throws(SQLFailure) in
        ServiceEvent(
          type: try row.text(0), at: try row.timestamp(1), actor: try row.text(2), state: try row.optionalText(3) ?? "",
          queue: try row.text(4), epoch: try row.text(5), version: try row.int(6))
      }
      return ServiceLife(
        entry: entry, events: events, next: results[1].rowCount > limit ? skipped + limit : nil)
    } catch {
      throw UserStoreError(error)
    }
  }
}
