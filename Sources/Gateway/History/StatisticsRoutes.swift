import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue
import UserStore

/// How it went: counts and times of a period, by group.
enum StatisticsRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/statistics", statistics)
  }

  private static func statistics(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.readHistory, level: principal.level) else { throw GatewayError.forbidden }
    guard let from = try exchange.moment("from"), let to = try exchange.moment("to") else {
      throw GatewayError(.invalidArgument, "a period is needed: from and to")
    }
    var query = StatisticsQuery(from: from, to: to, by: .queue)
    if let word = exchange.query("group_by") { query.grouping = try HistoryFilter.word(word, "group_by") }
    query.queues = try HistoryFilter.queues(exchange, for: principal)
    if let zone = exchange.query("time_zone") {
      guard (1...64).contains(zone.utf8.count), zone.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw GatewayError(.invalidArgument, "time_zone must be an IANA name such as Europe/Berlin")
      }
      query.timeZone = zone
    }
    let (asked, store) = (query, exchange.services.stores.history)
    let groups = try await exchange.unlessAbandoned { try await store.statistics(asked) }
    guard exchange.request.prefersCSV else { return json(query, groups) }
    let csv = csv(query, groups)
    return .csv(named: "usher-statistics.csv") { writer in
      try await exchange.write(ByteBuffer(bytes: csv), to: &writer)
      try await writer.finish(nil)
    }
  }

  private static func json(_ query: StatisticsQuery, _ groups: [StatisticsGroup]) -> Response {
    .json { json in
      json.object {
        $0.key("from")
        $0.string(query.from.description)
        $0.key("to")
        $0.string(query.to.description)
        $0.key("group_by")
        $0.string(query.grouping.rawValue)
        $0.key("time_zone")
        $0.string(query.timeZone)
        $0.key("groups")
        $0.array { list in for group in groups { list.group(group, by: query.grouping) } }
      }
    }
  }

  private static let columns = [
    "name", "start", "submitted", "completed", "no_show", "cancelled", "dead", "abandonment", "throughput_per_hour",
    "waiting_count", "waiting_mean_ms", "waiting_p50_ms", "waiting_p90_ms", "handling_count", "handling_mean_ms",
    "handling_p50_ms", "handling_p90_ms",
  ]

  private static func csv(_ query: StatisticsQuery, _ groups: [StatisticsGroup]) -> [UInt8] {
    var csv = CSVWriter(capacity: 128 * (groups.count + 2))
    for name in [query.grouping.rawValue] + columns { csv.field(name) }
    csv.endLine()
    for group in groups {
      csv.field(group.key)
      csv.field(group.name)
      csv.field(number: group.start)
      for count in [group.submitted, group.completed, group.noShow, group.cancelled, group.dead] {
        csv.field(number: count)
      }
      csv.field(number: group.abandonment.map(rounded))
      csv.field(number: rounded(group.throughput))
      for times in [group.waiting, group.handling] {
        for number in [times.count, times.mean, times.p50, times.p90] { csv.field(number: number) }
      }
      csv.endLine()
    }
    return csv.bytes
  }

  /// To four decimals.
  fileprivate static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

extension JSONWriter {
  fileprivate mutating func group(_ group: StatisticsGroup, by grouping: StatisticsQuery.Grouping) {
    object {
      $0.key(dynamic: grouping.rawValue)
      $0.string(group.key)
      if let name = group.name {
        $0.key("name")
        $0.string(name)
      }
      if let start = group.start {
        $0.key("start")
        $0.string(start.description)
      }
      $0.key("submitted")
      $0.number(group.submitted)
      $0.key("completed")
      $0.number(group.completed)
      $0.key("no_show")
      $0.number(group.noShow)
      $0.key("cancelled")
      $0.number(group.cancelled)
      $0.key("dead")
      $0.number(group.dead)
      $0.key("abandonment")
      if let share = group.abandonment { $0.fraction(share) } else { $0.null() }
      $0.key("throughput_per_hour")
      $0.fraction(group.throughput)
      $0.key("waiting")
      $0.times(group.waiting)
      $0.key("handling")
      $0.times(group.handling)
    }
  }

  private mutating func times(_ times: StatisticsGroup.Times) {
    object { json in
      json.key("count")
      json.number(times.count)
      for (name, value) in [("mean_ms", times.mean), ("p50_ms", times.p50), ("p90_ms", times.p90)] {
        json.key(dynamic: name)
        if let value { json.number(value) } else { json.null() }
      }
    }
  }

  private mutating func fraction(_ value: Double) { raw(String(StatisticsRoutes.rounded(value)).utf8) }
}
