import Reactor

/// Runs what may take long, on connections of its own, one group at a time on each.
///
/// A caller that is cancelled leaves: while it waits nothing is sent, and what runs is cancelled in PostgreSQL by another
/// connection (`pg_cancel_backend`; libpq's own `PQcancel` blocks, and sends its key in the clear). Until that has been
/// answered, and the report has ended, nobody else gets the connection, so no other report is hit.
actor ReportLane {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  /// Reports that wait; one more is refused.
  private static let mostWaiting = 64
  private static let cancelBackend = SQLStatement("pool.cancel", "SELECT pg_cancel_backend($1::int)")

  private let connections: [PostgresConnection]
  private let canceller: PostgresConnection?
  private var line: ReportLine
  private var waiters: [ReportLine.Ticket: CheckedContinuation<Result<Int, SQLFailure>, Never>] = [:]
  /// What was decided about those who stand in line and have not begun to wait.
  private var early: [ReportLine.Ticket: Result<Int, SQLFailure>] = [:]
  private var cancels: [Int: Task<Void, Never>] = [:]
  private var expiryTimer: ReactorTimer?

  /// - Parameters:
  ///   - connections: at least one.
  ///   - canceller: by which what runs is cancelled; nil where there is no other connection.
  ///   - patience: how long a report waits for a connection.
  init(_ connections: [PostgresConnection], canceller: PostgresConnection?, patience: Duration, reactor: Reactor) {
    self.connections = connections
    self.canceller = canceller
    self.reactor = reactor
    line = ReportLine(connections: connections.count, limit: Self.mostWaiting, patience: patience)
  }

  /// As `PostgresConnection.run`.
  func run(_ calls: [SQLCall], writes: Bool, timeout: Duration?) async throws(SQLFailure) -> [SQLResult] {
    let (ticket, connection) = try await take()
    let result: Result<[SQLResult], SQLFailure> = await withTaskCancellationHandler {
      guard !Task.isCancelled else { return .failure(Self.abandoned) }
      do throws(SQLFailure) {
        return .success(try await connections[connection].run(calls, writes: writes, timeout: timeout))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      Task { await self.cancel(ticket, on: connection) }
    }
    // A late one may begin while the one before it ends.
    while let cancel = cancels.removeValue(forKey: connection) {
      cancel.cancel()
      await cancel.value
    }
    if let next = line.finished(connection) { tell(next, .success(connection)) }
    return try result.get()
  }

  private static let abandoned = SQLFailure.unavailable("nobody waits for this report any more")

  /// A connection of one's own.
  private func take() async throws(SQLFailure) -> (ReportLine.Ticket, Int) {
    let (ticket, arrival) = line.arrive(now: .now)
    switch arrival {
    case .run(let connection): return (ticket, connection)
    case .refuse: throw .overloaded
    case .wait: break
    }
    armExpiry()
    let turn: Result<Int, SQLFailure> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let decided = early.removeValue(forKey: ticket) {
          continuation.resume(returning: decided)
        } else {
          waiters[ticket] = continuation
        }
      }
    } onCancel: {
      Task { await self.leave(ticket) }
    }
    return (ticket, try turn.get())
  }

  private func leave(_ ticket: ReportLine.Ticket) {
    guard line.leave(ticket) else { return }
    tell(ticket, .failure(Self.abandoned))
  }

  private func tell(_ ticket: ReportLine.Ticket, _ decided: Result<Int, SQLFailure>) {
    if let waiter = waiters.removeValue(forKey: ticket) {
      waiter.resume(returning: decided)
    } else {
      early[ticket] = decided
    }
  }

  private func cancel(_ ticket: ReportLine.Ticket, on connection: Int) {
    guard let canceller, line.holds(ticket, connection), cancels[connection] == nil else { return }
    let target = connections[connection]
    cancels[connection] = Task {
      var pause = Duration.milliseconds(10)
      // Until the report has ended: what comes before a statement has begun PostgreSQL ignores. If it cannot be asked, the
      // statement's own timeout ends it.
      while !Task.isCancelled {
        if let process = await target.backendProcessID {
          _ = try? await canceller.run([Self.cancelBackend(.int(process))], writes: false)
        }
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(1))
      }
    }
  }

  private func armExpiry() {
    guard expiryTimer == nil, let deadline = line.nextDeadline else { return }
    expiryTimer = reactor.schedule(after: deadline - .now) {
      self.expiryTimer = nil
      for ticket in self.line.expire(now: .now) {
        self.tell(ticket, .failure(.unavailable("other reports have kept every connection busy")))
      }
      self.armExpiry()
    }
  }
}
