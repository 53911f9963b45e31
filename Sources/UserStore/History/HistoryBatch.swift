import ServiceQueue

/// A batch of changes as the two statements that record it, each with one array per column. Pure.
struct HistoryBatch {
  /// All changes, each once.
  let events: [QueueEvent]
  /// The last known form of each service: one statement may not touch a row twice. The event by which it left a queue is
  /// not among them: the one by which it came into the other has the same form, and the epoch and version of its new queue.
  let latest: [(event: QueueEvent, service: Service)]
  /// By what the customers of services that are new can be found; see `SubjectReader`.
  private let subjects: [ServiceID: [UInt8]]

  init(_ entries: [OutboxEntry], reader: SubjectReader? = nil) {
    events = entries.map(\.event)
    var subjects: [ServiceID: [UInt8]] = [:]
    for case .added(let service, from: nil) in events.map(\.change) {
      subjects[service.id] = reader?.packed(service.personal, of: service.id)
    }
    self.subjects = subjects
    var places: [ServiceID: Int] = [:]
    var latest: [(event: QueueEvent, service: Service)] = []
    for event in events {
      guard let service = event.change.service, service.queue == event.queue else { continue }
      if let place = places[service.id] {
        if latest[place].service.version < service.version { latest[place] = (event, service) }
      } else {
        places[service.id] = latest.count
        latest.append((event, service))
      }
    }
    self.latest = latest
  }

  /// The moments by which the rows are partitioned.
  var moments: [Timestamp] { latest.map(\.service.submittedAt) + events.map(\.at) }

  var calls: [SQLCall] { latest.isEmpty ? [eventsCall] : [eventsCall, servicesCall] }

  private static let insertEvents = SQLStatement(
    "history.events",
    """
    INSERT INTO service_events (queue, epoch, version, type, at, actor, service_id, state, service_version)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (queue, epoch, version, at) DO NOTHING
    """)
  private static let upsertServices = SQLStatement(
    "history.services",
    """
    INSERT INTO service_history (\(HistorySQL.stored), subjects)
    SELECT \(HistorySQL.stored), \(SubjectSQL.list(packed: "packed"))
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
      $23, $24, $25, $26, $27) AS new (\(HistorySQL.stored), packed)
    ON CONFLICT (id, submitted_at) DO UPDATE SET
      queue = excluded.queue, epoch = excluded.epoch, queue_version = excluded.queue_version,
      ticket = excluded.ticket, kind = excluded.kind, priority = excluded.priority, state = excluded.state,
      version = excluded.version, attempts = excluded.attempts, submitter = excluded.submitter,
      assignee_id = excluded.assignee_id, assignee_name = excluded.assignee_name,
      order_ticks = excluded.order_ticks, claimed_at = excluded.claimed_at, started_at = excluded.started_at,
      ended_at = excluded.ended_at, updated_at = excluded.updated_at, scheduled_for = excluded.scheduled_for,
      requires = excluded.requires, held_at = excluded.held_at, hold_until = excluded.hold_until,
      ended_by = excluded.ended_by, \(SubjectSQL.keptErased)
    WHERE service_history.version < excluded.version
    """)

  private var eventsCall: SQLCall {
    Self.insertEvents(
      .texts(events.map(\.queue.rawValue)), .texts(events.map(\.epoch.rawValue)),
      .ints(events.map { Int64(clamping: $0.version) }), .texts(events.map(\.change.type)),
      .timestamps(events.map(\.at)), .texts(events.map(\.actor)),
      .texts(events.map { $0.change.service?.id.rawValue }), .texts(events.map { $0.change.service?.state.rawValue }),
      .optionalInts(events.map { $0.change.service.map { Int64(clamping: $0.version) } }))
  }

  private var servicesCall: SQLCall {
    let services = latest.map(\.service)
    return Self.upsertServices(
      .texts(services.map(\.id.rawValue)), .texts(services.map(\.queue.rawValue)),
      .texts(latest.map(\.event.epoch.rawValue)), .ints(latest.map { Int64(clamping: $0.event.version) }),
      .ints(services.map { Int64(clamping: $0.ticket) }), .texts(services.map(\.kind)),
      .ints(services.map { Int64($0.priority.level) }), .texts(services.map(\.state.rawValue)),
      .ints(services.map { Int64(clamping: $0.version) }), .ints(services.map { Int64($0.attempts) }),
      .texts(services.map(\.submitter)), .texts(services.map { $0.assignee?.id }),
      .texts(services.map { $0.assignee?.name }), .ints(services.map(\.order.ticks)),
      .timestamps(services.map(\.submittedAt)), .timestamps(services.map(\.claimedAt)),
      .timestamps(services.map(\.startedAt)), .timestamps(services.map(\.endedAt)),
      .byteStrings(services.map { $0.personal?.wrappedKey }), .byteStrings(services.map { $0.personal?.ciphertext }),
      .timestamps(latest.map(\.event.at)), .timestamps(services.map(\.scheduledFor)),
      .texts(services.map(\.requires.description)), .timestamps(services.map(\.heldAt)),
      .timestamps(services.map(\.holdUntil)),
      .texts(latest.map { $0.service.endedAt == nil ? nil : $0.event.actor }),
      .byteStrings(services.map { subjects[$0.id] }))
  }
}
