import ServiceQueue

/// Services and changes to record.
enum Samples {
  static let queue = QueueName("front-desk")!
  static let roadside = QueueName("roadside")!
  static let epoch = Epoch("e1")!

  /// The service number `number`, submitted `number` seconds after the moment 1.7e12.
  static func service(
    _ number: Int, version: UInt64 = 1, state: ServiceState = .waiting, queue: QueueName = queue,
    assignee: Assignee? = nil, personal: SealedPersonalData? = nil
  ) -> Service {
    let moment = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number) * 1000)
    return Service(
      id: id(number), queue: queue, ticket: UInt64(number), kind: "passport", priority: .normal,
      order: OrderKey(Int64(number) * 4096)!, state: state, version: version, attempts: 0, submitter: "amqp",
      submittedAt: moment, assignee: assignee, claimedAt: assignee == nil ? nil : moment, personal: personal)
  }

  /// What the outbox gets when `service` came into its queue from `queue`: the queue that it came into first.
  static func transfer(of service: Service, arrived version: UInt64, left: UInt64) -> [OutboxEntry] {
    func entry(_ queue: QueueName, _ epoch: String, _ version: UInt64, _ change: QueueEvent.Change) -> OutboxEntry {
      OutboxEntry(
        id: OutboxID("1700000000000-\(version)")!,
        event: QueueEvent(
          queue: queue, epoch: Epoch(epoch)!, version: version, digest: QueueDigest(),
          at: Timestamp(milliseconds: 1_700_000_200_000), actor: "bob", change: change))
    }
    return [
      entry(service.queue, "e2", version, .added(service, from: queue)),
      entry(queue, epoch.rawValue, left, .transferred(service)),
    ]
  }

  static func id(_ number: Int) -> ServiceID {
    let digits = String(number, radix: 16)
    return ServiceID("01920000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
  }

  static func entry(
    _ number: UInt64, _ service: Service, actor: String = "amqp", change: ((Service) -> QueueEvent.Change)? = nil
  ) -> OutboxEntry {
    OutboxEntry(
      id: OutboxID("1700000000000-\(number)")!,
      event: QueueEvent(
        queue: service.queue, epoch: epoch, version: number, digest: QueueDigest(),
        at: Timestamp(milliseconds: 1_700_000_100_000 + Int64(number)), actor: actor,
        change: change?(service) ?? .added(service, from: nil)))
  }
}
