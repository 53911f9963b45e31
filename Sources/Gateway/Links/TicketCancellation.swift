import ServiceQueue

/// A customer cancels: what the producer of the service may do, for this one service, and only before anybody has claimed it.
extension CommandDesk {
  /// How often a change that came in between is looked at anew.
  private static let attempts = 4

  /// Cancels the service `id` for its customer; throws `illegalTransition` unless it is scheduled or waiting.
  func cancel(_ id: ServiceID, key: IdempotencyKey?) async throws(GatewayError) -> Service {
    for _ in 0..<Self.attempts {
      let service = try await asking { () async throws(BrokerError) in try await broker.service(id) }
      guard let request = Self.cancellation(of: service, key: key) else {
        throw GatewayError(
          .illegalTransition, "this can be cancelled only while it is scheduled or waiting", state: service.state)
      }
      do throws(BrokerError) {
        return try await broker.perform(request).service
      } catch {
        // It was claimed, moved or changed since.
        guard error.code == .versionMismatch else { throw GatewayError(error) }
      }
    }
    throw GatewayError(.overloaded, "this changes too fast just now; try again")
  }

  /// What the Broker is asked: to remove the service if it still is as it was seen, by its producer's right, in the customer's name.
  /// Nil where it cannot be cancelled. Pure.
  static func cancellation(of service: Service, key: IdempotencyKey?) -> CommandRequest? {
    let version: UInt64
    switch service.state {
    case .scheduled, .waiting: version = service.version
    // Perhaps by this very request, which was sent again: then the Broker knows the key, of the version before the last.
    case .cancelled where key != nil && service.version > 1: version = service.version - 1
    case .cancelled, .claimed, .serving, .onHold, .completed, .noShow, .dead: return nil
    }
    let customer = Principal(id: service.submitter, name: "customer", level: .producer, queues: [service.queue])
    // The producer has keys of its own under this id; a customer's never meets them.
    let own = key.flatMap { key in
      IdempotencyKey("ticket:" + SHA1.hexadecimal(Array("\(service.id) \(version) \(key.rawValue)".utf8)))
    }
    return CommandRequest(
      .remove(ServiceRef(id: service.id, queue: service.queue, ifVersion: version)), by: customer, idempotencyKey: own)
  }
}
