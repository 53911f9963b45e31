import ServiceQueue

/// A command of an employee, as REST and as RPC have it. Pure.
enum DeskCommand: Sendable {
  case claimNext(QueueName)
  case start(ClaimedService)
  case hold(ClaimedService)
  case resume(ClaimedService)
  case release(ClaimedService)
  case complete(ClaimedService)
  case noShow(ClaimedService)

  /// The path of its POST.
  var path: String {
    switch self {
    case .claimNext(let queue): "/v1/queues/\(queue)/claim-next"
    case .start(let service): "/v1/services/\(service.id)/start"
    case .hold(let service): "/v1/services/\(service.id)/hold"
    case .resume(let service): "/v1/services/\(service.id)/resume"
    case .release(let service): "/v1/services/\(service.id)/release"
    case .complete(let service): "/v1/services/\(service.id)/complete"
    case .noShow(let service): "/v1/services/\(service.id)/no-show"
    }
  }

  /// The body of its POST.
  var body: [UInt8] {
    switch service {
    case nil: Array("{}".utf8)
    case let service?: Array(#"{"fence":\#(service.fence)}"#.utf8)
    }
  }

  /// The RPC method.
  var method: String {
    switch self {
    case .claimNext: "queue.claim_next"
    case .start: "service.start"
    case .hold: "service.hold"
    case .resume: "service.resume"
    case .release: "service.release"
    case .complete: "service.complete"
    case .noShow: "service.no_show"
    }
  }

  /// The data of the RPC.
  var data: [UInt8] {
    if case .claimNext(let queue) = self { return Array(#"{"queue":"\#(queue)"}"#.utf8) }
    return service.map { Array(#"{"id":"\#($0.id)","fence":\#($0.fence)}"#.utf8) } ?? []
  }

  private var service: ClaimedService? {
    switch self {
    case .claimNext: nil
    case .start(let service), .hold(let service), .resume(let service), .release(let service), .complete(let service),
      .noShow(let service):
      service
    }
  }
}

/// What an employee has in hand.
struct ClaimedService: Hashable, Sendable {
  let id: ServiceID
  let fence: Int64

  /// From the answer to a command.
  init(_ answer: JSONValue) throws(LoadError) {
    guard let service = answer["service"], let id = service["id"]?.string.flatMap({ ServiceID($0) }),
      let fence = service["fence"]?.int
    else { throw LoadError("bad_answer") }
    self.id = id
    self.fence = fence
  }
}
