import ServiceQueue

/// Looks for requests that no viewer saw: in the queue, then in the history, which may be some seconds behind.
struct LoadAudit: Sendable {
  /// More missing ones are not looked for one by one.
  private static let searchLimit = 2_000
  private static let pagesLimit = 2_000
  private static let historyPatience = 10

  let supervisor: RestClient
  let queue: QueueName
  let kinds: LoadKinds
  let record: LoadRecord

  /// The numbers of those that are nowhere.
  func missing() async throws(LoadError) -> [Int] {
    guard !missingSoFar.isEmpty else { return [] }
    try await searchQueue()
    for attempt in 0..<Self.historyPatience {
      let missing = missingSoFar
      guard !missing.isEmpty, missing.count <= Self.searchLimit else { break }
      if attempt > 0 { try? await Task.sleep(for: .seconds(1)) }
      for number in missing { try await searchHistory(number) }
    }
    return missingSoFar
  }

  private var missingSoFar: [Int] { record.note { $0.ledger.missing } }

  private func searchQueue() async throws(LoadError) {
    var cursor: String?
    for _ in 0..<Self.pagesLimit {
      let more = cursor.map { "&cursor=\($0)" } ?? ""
      let page = try await supervisor.json("GET", "/v1/queues/\(queue)/services?limit=500\(more)")
      for service in page["services"]?.array ?? [] { find(service) }
      guard let next = page["next_cursor"]?.string else { return }
      cursor = next
    }
  }

  private func searchHistory(_ number: Int) async throws(LoadError) {
    let kind = kinds.kind(number)
    let page = try await supervisor.json("GET", "/v1/history?queue=\(queue)&kind=\(kind)&limit=1")
    for entry in page["entries"]?.array ?? [] { if let service = entry["service"] { find(service) } }
  }

  private func find(_ service: JSONValue) {
    guard let number = service["kind"]?.string.flatMap({ kinds.number($0) }) else { return }
    record.note { $0.ledger.find(number) }
  }
}
