public import ServiceQueue

/// A question for statistics over services that were submitted within a period.
public struct StatisticsQuery: Sendable {
  /// What a group has in common.
  public enum Grouping: String, Sendable, CaseIterable {
    /// The queue in which it was last.
    case queue
    /// The kind.
    case kind
    /// The employee who claimed it last; those that nobody has claimed are left out.
    case employee
    /// The hour in which it was submitted.
    case hour
    /// The day on which it was submitted.
    case day
  }

  /// The longest period.
  public static let longest: Int64 = 366 * 86_400_000
  /// The most groups: the hours of the longest period and some more.
  public static let mostGroups = 10_000

  /// Submitted at or after this moment.
  public var from: Timestamp
  /// Submitted before this moment.
  public var to: Timestamp
  /// The groups.
  public var grouping: Grouping
  /// Only services last seen in these queues; nil for all. A caller who is limited to some queues passes those.
  public var queues: Set<QueueName>?
  /// Whose hours and days, as an IANA name.
  public var timeZone = "UTC"

  /// All services of the period.
  public init(from: Timestamp, to: Timestamp, by grouping: Grouping) {
    self.from = from
    self.to = to
    self.grouping = grouping
  }
}

/// What is told of one group.
public struct StatisticsGroup: Hashable, Sendable {
  /// Of some services' times, in milliseconds; nil where there are none.
  public struct Times: Hashable, Sendable {
    /// Of how many services.
    public let count: Int64
    /// The mean.
    public let mean: Int64?
    /// The median, between the two in the middle where their number is even.
    public let p50: Int64?
    /// Nine of ten took no longer.
    public let p90: Int64?
  }

  /// A queue's name, a kind, an employee's user id, or an hour or day as local time.
  public let key: String
  /// An employee's user name.
  public let name: String?
  /// When an hour or a day begins.
  public let start: Timestamp?
  /// How many were submitted.
  public let submitted: Int64
  /// How many of them are completed by now.
  public let completed: Int64
  /// How many did not come.
  public let noShow: Int64
  /// How many were removed.
  public let cancelled: Int64
  /// How many came back too often.
  public let dead: Int64
  /// How many ended without that their handling had begun.
  public let unserved: Int64
  /// Seconds of the period, or of the group's part of it, that have gone by.
  public let seconds: Int64
  /// Waiting: of those that were claimed, or ended unclaimed.
  public let waiting: Times
  /// Handling: of those whose handling began and ended.
  public let handling: Times

  /// How many have ended.
  public var ended: Int64 { completed + noShow + cancelled + dead }
  /// The share of the ended that ended unserved; nil where none has ended.
  public var abandonment: Double? { ended == 0 ? nil : Double(unserved) / Double(ended) }
  /// How many were completed for each hour that has gone by.
  public var throughput: Double { Double(completed) * 3600 / Double(max(seconds, 1)) }
}

/// The statement for statistics: text from fixed parts, values only as parameters. Pure.
enum StatisticsSQL {
  static let checkTimeZone = SQLStatement("statistics.zone", "SELECT name FROM pg_timezone_names WHERE name = $1")

  /// It asks for one group more than there may be.
  static func groups(_ query: StatisticsQuery) -> SQLCall {
    var parameters: [SQLParameter] = [.timestamp(query.from), .timestamp(query.to)]
    var name = "statistics.\(query.grouping.rawValue)"
    var filter = ""
    if let queues = query.queues {
      parameters.append(.texts(queues.map(\.rawValue).sorted()))
      filter = "AND queue = ANY($\(parameters.count))"
      name += ".q"
    }
    let parts: (key: String, name: String, start: String, end: String, group: String)
    switch query.grouping {
    case .queue, .kind: parts = (query.grouping.rawValue, "NULL::text", "NULL::timestamptz", "$2", "1")
    case .employee:
      parts = ("assignee_id", "max(assignee_name)", "NULL::timestamptz", "$2", "1")
      filter += " AND assignee_id IS NOT NULL"
    case .hour, .day:
      parameters.append(.text(query.timeZone))
      let zone = "$\(parameters.count)"
      let unit = query.grouping.rawValue
      let start = "date_trunc('\(unit)', submitted_at, \(zone))"
      // An hour is an hour; a day goes to the next midnight of the place.
      let end =
        query.grouping == .hour
        ? "\(start) + interval '1 hour'" : "(\(start) AT TIME ZONE \(zone) + interval '1 day') AT TIME ZONE \(zone)"
      let form = query.grouping == .hour ? #"YYYY-MM-DD"T"HH24:MI"# : "YYYY-MM-DD"
      parts = ("to_char(\(start) AT TIME ZONE \(zone), '\(form)')", "NULL::text", start, end, start)
    }
    parameters.append(.int(Int64(StatisticsQuery.mostGroups) + 1))
    let text = """
      SELECT \(parts.key), \(parts.name), \(parts.start), count(*),
        count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'no_show'),
        count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'dead'),
        count(*) FILTER (WHERE ended_at IS NOT NULL AND started_at IS NULL),
        greatest(1, extract(epoch FROM least($2, now(), \(parts.end)) - greatest($1, \(parts.start))))::bigint,
        \(times("waited_ms")), \(times("served_ms"))
      FROM service_history WHERE submitted_at >= $1 AND submitted_at < $2 \(filter)
      GROUP BY \(parts.group) ORDER BY \(parts.start == "NULL::timestamptz" ? "1" : "3") LIMIT $\(parameters.count)
      """
    return SQLCall(statement: SQLStatement(name, text), parameters: parameters)
  }

  private static func times(_ column: String) -> String {
    let shares = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY \(column))"
    return """
      count(\(column)), round(avg(\(column)))::bigint, round((\(shares))[1])::bigint, round((\(shares))[2])::bigint
      """
  }
}

extension StatisticsGroup {
  init(_ row: SQLRow) throws(SQLFailure) {
    func times(_ first: Int) throws(SQLFailure) -> Times {
      Times(
        count: try row.int(first), mean: try row.optionalInt(first + 1), p50: try row.optionalInt(first + 2),
        p90: try row.optionalInt(first + 3))
    }
    self.init(
      key: try row.text(0), name: try row.optionalText(1), start: try row.optionalTimestamp(2),
      submitted: try row.int(3), completed: try row.int(4), noShow: try row.int(5), cancelled: try row.int(6),
      dead: try row.int(7), unserved: try row.int(8), seconds: try row.int(9), waiting: try times(10),
      handling: try times(14))
  }
}

extension UserStoreActor {
  /// Statistics by group, in order of the groups' keys. Throws `invalidArgument` when the period is empty or longer than 366
  /// days, the time zone is none, or there are too many groups; `unavailable` when it takes too long.
  public func statistics(_ query: StatisticsQuery) async throws(UserStoreError) -> [StatisticsGroup] {
    let (length, overflow) = query.to.milliseconds.subtractingReportingOverflow(query.from.milliseconds)
    guard !overflow, (1...StatisticsQuery.longest).contains(length) else {
      throw UserStoreError(.invalidArgument, "the period must end after its beginning, at most 366 days later")
    }
    if query.timeZone != "UTC" {
      guard try await report(StatisticsSQL.checkTimeZone(.text(query.timeZone)))[0].rowCount > 0 else {
        throw UserStoreError(.invalidArgument, "the time zone must be an IANA name such as Europe/Berlin")
      }
    }
    let result = try await report(StatisticsSQL.groups(query))[0]
    guard result.rowCount <= StatisticsQuery.mostGroups else {
      throw UserStoreError(
        .invalidArgument, "these are more than \(StatisticsQuery.mostGroups) groups: take a shorter period or one queue"
      )
    }
    do {
      return try result.rows.map { row throws(SQLFailure) in try StatisticsGroup(row) }
    } catch {
      throw UserStoreError(error)
    }
  }
}
