import ServiceQueue

/// A waiting service for tests.
func sampleService(_ number: Int, order: Int64 = 1_000, state: ServiceState = .waiting) throws -> Service {
  let digits = String(number, radix: 16)
  let id = "0190c0de-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  guard let id = ServiceID(id), let queue = QueueName("front-desk"), let order = OrderKey(order) else {
    throw BrokerError(.internal, "bad sample")
  }
  return Service(
    id: id, queue: queue, ticket: UInt64(number), kind: "passport", priority: .normal, order: order, state: state,
    version: 1, attempts: 0, submitter: "amqp", submittedAt: Timestamp(milliseconds: 1_732_467_900_123))
}
