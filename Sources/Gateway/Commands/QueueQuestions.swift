import ServiceQueue

/// Where a service stands, and how a queue does.
extension CommandDesk {
  /// A service's position, for whoever may observe its queue.
  func position(of id: ServiceID, for principal: Principal) async throws(GatewayError) -> QueuePosition {
    guard AccessPolicy.allows(.observe, level: principal.level) else { throw .forbidden }
    let position = try await asking { () async throws(BrokerError) in try await broker.position(of: id) }
    guard principal.maySee(position.service) else { throw .notFound }
    return position
  }

  /// A queue's recent work, for whoever may observe it.
  func statistics(of queue: QueueName, for principal: Principal) async throws(GatewayError) -> QueueStatistics {
    guard AccessPolicy.allows(.observe, by: principal, in: queue) else { throw .forbidden }
    return try await asking { () async throws(BrokerError) in try await broker.statistics(of: queue) }
  }

  /// `{id, queue, state, position, ahead, waiting, paused, estimate: {low_seconds, high_seconds, confidence}}`: what there is not is
  /// null. The position counts from 1.
  func json(_ position: QueuePosition) -> [UInt8] {
    var json = JSONWriter()
    json.object { $0.members(of: position) }
    return json.bytes
  }

  /// The queue's summary with `active_employees` and `handling_seconds: {samples, mean, p50, p90}`, which is null without samples.
  func json(_ statistics: QueueStatistics) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.members(of: statistics.summary)
      $0.key("active_employees")
      $0.number(statistics.activeEmployees)
      $0.key("handling_seconds")
      if statistics.handlingTimes.isEmpty { $0.null() } else { $0.times(statistics.handlingTimes) }
    }
    return json.bytes
  }
}

extension JSONWriter {
  /// `id, queue, state, position, ahead, waiting, paused, estimate`; what there is not is null.
  mutating func members(of position: QueuePosition) {
    var estimate: WaitEstimate?
    if let ahead = position.ahead, let statistics = position.statistics {
      estimate = WaitEstimate(ahead: ahead, statistics: statistics)
    }
    key("id")
    string(position.service.id.rawValue)
    key("queue")
    string(position.service.queue.rawValue)
    key("state")
    string(position.service.state.rawValue)
    key("position")
    if let ahead = position.ahead { number(ahead + 1) } else { null() }
    key("ahead")
    if let ahead = position.ahead { number(ahead) } else { null() }
    key("waiting")
    if let statistics = position.statistics { number(statistics.summary.waiting) } else { null() }
    key("paused")
    if let statistics = position.statistics { bool(statistics.summary.isPaused) } else { null() }
    key("estimate")
    if let estimate { self.estimate(estimate) } else { null() }
  }

  /// Whole seconds, the range rounded outwards.
  fileprivate mutating func estimate(_ estimate: WaitEstimate) {
    object {
      $0.key("low_seconds")
      $0.number(estimate.low / 1_000)
      $0.key("high_seconds")
      $0.number((estimate.high + 999) / 1_000)
      $0.key("confidence")
      $0.decimal(WaitEstimate.confidence)
    }
  }

  /// `times` in milliseconds, at least one; percentiles by nearest rank.
  fileprivate mutating func times(_ times: [Int64]) {
    let sorted = times.sorted()
    func percentile(_ share: Int) -> Double { Double(sorted[(sorted.count * share + 99) / 100 - 1]) / 1_000 }
    object {
      $0.key("samples")
      $0.number(sorted.count)
      $0.key("mean")
      $0.decimal((Double(sorted.reduce(0, +)) / Double(sorted.count)).rounded() / 1_000)
      $0.key("p50")
      $0.decimal(percentile(50))
      $0.key("p90")
      $0.decimal(percentile(90))
    }
  }

  /// A finite number.
  private mutating func decimal(_ value: Double) { raw("\(value)".utf8) }
}
