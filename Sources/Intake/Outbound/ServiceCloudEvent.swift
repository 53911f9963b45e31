import ServiceQueue

/// A change of a service as others get it: a CloudEvent 1.0 in structured form, without anything about persons. Pure.
///
/// The id is `QUEUE:EPOCH:VERSION`, the same however often the event is published.
struct ServiceCloudEvent: Hashable, Sendable {
  /// The last word of type and routing key.
  enum Kind: String, Hashable, Sendable, CaseIterable {
    case claimed, completed
    case noShow = "no_show"
    case cancelled, dead
  }

  let kind: Kind
  private let service: Service
  private let reason: String?
  private let event: QueueEvent

  /// Nil for changes that are not published.
  init?(_ event: QueueEvent) {
    switch event.change {
    case .claimed(let service): (kind, self.service, reason) = (.claimed, service, nil)
    case .completed(let service): (kind, self.service, reason) = (.completed, service, nil)
    case .noShow(let service): (kind, self.service, reason) = (.noShow, service, nil)
    case .removed(let service): (kind, self.service, reason) = (.cancelled, service, nil)
    case .dead(let service, let why): (kind, self.service, reason) = (.dead, service, why.rawValue)
    case .added, .updated, .moved, .started, .held, .resumed, .returned, .transferred, .mode, .renumbered: return nil
    }
    self.event = event
  }

  var id: String { "\(event.queue.rawValue):\(event.epoch.rawValue):\(event.version)" }
  var type: String { "usher.service.\(kind.rawValue)" }
  var routingKey: String { "service.\(event.queue.rawValue).\(kind.rawValue)" }

  /// AMQP's properties; the type stands there too, for those who look at properties alone.
  var properties: MessageProperties {
    MessageProperties(
      contentType: "application/cloudevents+json; charset=utf-8", messageID: id, type: type, appID: "usher",
      timestamp: UInt64(max(0, event.at.milliseconds / 1_000)))
  }

  /// The event as JSON.
  func body(site: String) -> [UInt8] {
    var json = JSONWriter(capacity: 640)
    json.object { json in
      json.member("specversion", "1.0")
      json.member("id", id)
      json.member("source", "/usher/\(site)")
      json.member("type", type)
      json.member("subject", service.id.rawValue)
      json.member("time", event.at.description)
      json.member("datacontenttype", "application/json")
      json.key("data")
      json.object { data(into: &$0) }
    }
    return json.bytes
  }

  private func data(into json: inout JSONWriter) {
    json.member("id", service.id.rawValue)
    json.member("queue", event.queue.rawValue)
    json.member("epoch", event.epoch.rawValue)
    json.key("version")
    json.number(event.version)
    json.member("state", service.state.rawValue)
    json.member("kind", service.kind)
    json.key("ticket")
    json.number(service.ticket)
    json.key("priority")
    json.number(service.priority.level)
    json.key("attempts")
    json.number(service.attempts)
    if let reason { json.member("reason", reason) }
    json.member("submitted_at", service.submittedAt.description)
    if let at = service.claimedAt { json.member("claimed_at", at.description) }
    if let at = service.startedAt { json.member("started_at", at.description) }
    if let at = service.endedAt { json.member("ended_at", at.description) }
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: StaticString, _ text: String) {
    key(name)
    string(text)
  }
}
