import ServiceQueue

/// `service.QUEUE.KIND`: where the data object does not name queue or kind, they are taken from here. Where both do, the data
/// wins: it is what the producer signed off as the request, while routing keys are set, and rewritten, by infrastructure.
struct RoutingKey {
  let queue: QueueName?
  let kind: String?

  init(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.first == "service" else {
      queue = nil
      kind = nil
      return
    }
    queue = parts.count > 1 ? QueueName(String(parts[1])) : nil
    kind = parts.count > 2 && Service.isKind(String(parts[2])) ? String(parts[2]) : nil
  }
}
