package import ServiceQueue

/// A request, ready to be published.
package struct SampleRequest: Sendable {
  let routingKey: String
  /// A structured CloudEvent.
  let body: [UInt8]

  /// A request with these.
  package init(routingKey: String, body: [UInt8]) {
    self.routingKey = routingKey
    self.body = body
  }

  /// A structured CloudEvent that asks for something in a queue, with further attributes of its own and whatever else its data says.
  package init(
    id: String, source: String, queue: QueueName, kind: String, attributes: (inout JSONWriter) -> Void = { _ in },
    data: (inout JSONWriter) -> Void
  ) {
    var writer = JSONWriter(capacity: 512)
    writer.object { event in
      event.key("specversion")
      event.string("1.0")
      event.key("id")
      event.string(id)
      event.key("source")
      event.string(source)
      event.key("type")
      event.string("usher.service.requested")
      attributes(&event)
      event.key("data")
      event.object { members in
        members.key("queue")
        members.string(queue.rawValue)
        members.key("kind")
        members.string(kind)
        data(&members)
      }
    }
    self.init(routingKey: "service.\(queue.rawValue).\(kind)", body: writer.bytes)
  }
}

/// Who makes requests to be published.
package protocol RequestSource: Sendable {
  /// The request number `number`; asked for each from 0, in order.
  mutating func request(_ number: Int) throws -> SampleRequest
}

/// Makes up service requests of people who do not exist: CloudEvents with customers, details and mixed priorities.
struct SampleRequests: RequestSource {
  private let queues: [QueueName]
  private let source: String
  private var ids = UUIDv7Generator()
  private var random = SystemRandomNumberGenerator()

  /// - Parameter queues: at least one; they take turns.
  init(queues: [QueueName]) {
    self.queues = queues
    source = "/usher/samples"
  }

  mutating func request(_ number: Int) -> SampleRequest { next(number, now: .now) }

  /// The request number `number`, made at that time.
  mutating func next(_ number: Int, now: Timestamp) -> SampleRequest {
    let queue = queues[number % queues.count]
    let kind = pick(Self.kinds)
    let (first, last) = (pick(Self.firstNames), pick(Self.lastNames))
    let id = ids.next(now: now, using: &random)
    let priority = pick(Self.priorities)
    let phone = "+1 202 555 01\(Int.random(in: 10...99, using: &random))"
    let note = pick(Self.notes)
    return SampleRequest(id: id.rawValue, source: source, queue: queue, kind: kind) { event in
      event.key("time")
      event.string(now.description)
      event.key("datacontenttype")
      event.string("application/json")
    } data: { data in
      data.key("priority")
      data.number(priority)
      data.key("customer")
      data.object { customer in
        customer.key("name")
        customer.string("\(first) \(last)")
        customer.key("phone")
        customer.string(phone)
        customer.key("email")
        customer.string("\(first).\(last)@example.org".lowercased())
      }
      data.key("details")
      data.object { details in
        details.key("note")
        details.string(note)
        details.key("sample")
        details.bool(true)
      }
    }
  }

  private mutating func pick<T>(_ choices: [T]) -> T {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  private static let kinds = ["passport", "id-card", "towing", "battery", "address-change", "advice"]
  /// Mostly normal.
  private static let priorities = [4, 4, 4, 4, 4, 4, 4, 2, 6, 9]
  private static let firstNames = [
    "Amina", "Björn", "Chidi", "Dana", "Eleni", "Farid", "Grace", "Hiro", "Inés", "Jonas", "Katya", "Liam", "Mei",
    "Noor",
    "Olga", "Priya", "Quentin", "Rosa", "Søren", "Thandi",
  ]
  private static let lastNames = [
    "Abara", "Berg", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jansen", "Kowalski",
    "Larsen",
    "Moreau", "Nakamura", "Okafor", "Petrov", "Quinn", "Rossi", "Singh", "Tanaka",
  ]
  private static let notes = [
    "first visit", "needs a wheelchair ramp", "has all papers", "call before arrival", "waits outside",
    "prefers English",
  ]
}
