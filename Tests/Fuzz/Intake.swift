// What producers send, and what operators write about it.

private let contentTypes: [String?] = [
  nil, "application/json", "application/cloudevents+json", "application/cloudevents+json; charset=utf-8", "text/plain",
  "application/xml",
]
private let moment = Timestamp(milliseconds: 1_700_000_000_000)

/// The first byte says which `content_type` and `message_id` a delivery has; what stands before a zero byte are its headers, `name=text` in
/// lines, and the rest is its body. Whatever it is, it is a request or refused, and the same when it is delivered again.
func deliveries(_ input: UnsafeRawBufferPointer) {
  guard let choice = input.first else { return }
  let rest = input.dropFirst()
  let zero = rest.firstIndex(of: 0)
  var properties = MessageProperties(contentType: contentTypes[Int(choice & 127) % contentTypes.count])
  if choice & 128 != 0 { properties.messageID = "7f3c" }
  for line in zero.map({ rest[..<$0] })?.split(separator: UInt8(ascii: "\n")).prefix(64) ?? [] {
    let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1)
    // As the reading of AMQP has it: names are UTF-8, values texts or else bytes.
    guard parts.count == 2, let name = String(validating: parts[0], as: UTF8.self) else { continue }
    let text = String(validating: parts[1], as: UTF8.self)
    properties.headers.append(.init(name: name, value: text.map { .text($0) } ?? .bytes(Array(parts[1]))))
  }
  let delivery = Delivery(
    tag: 1, exchange: "usher.requests", routingKey: "front-desk.withdrawal", properties: properties,
    body: Array(zero.map { rest[rest.index(after: $0)...] } ?? rest))
  let analyser = Analyser(rules: RuleSet(), maximumBodyBytes: 2_048)
  let analysis = analyser.analyse(delivery, now: moment)
  precondition(analysis == analyser.analyse(delivery, now: moment))
  switch analysis {
  case .accept(let accepted):
    let key = accepted.idempotencyKey.utf8
    precondition(!key.isEmpty && key.count <= Envelope.idempotencyKeyLimit)
    // What goes on reads the same again.
    let again = try? JSONScanner.parse(
      accepted.canonicalBytes, limits: .init(bytes: accepted.canonicalBytes.count, depth: 40))
    precondition(again != nil)
  case .reject(let rejection):
    precondition(!rejection.detail.isEmpty && rejection.detail.utf8.count <= 1_024)
  case .drop: preconditionFailure("there are no rules")
  }
}

/// A file of rules is taken, or its errors have places in it; what is taken decides about a request, each time the same.
func rules(_ input: UnsafeRawBufferPointer) {
  do throws(RuleFileError) {
    let rules = try RuleSet(json: Array(input))
    let details = #"{"reason":"card","amount":120,"tags":["a","b"],"deep":{"er":{"value":null}}}"#
    let data = #"{"kind":"withdrawal","queue":"front-desk","customer":{"name":"Ana"},"details":\#(details)}"#
    guard let value = try? JSONScanner.parse(Array(data.utf8), limits: .init(bytes: data.utf8.count)),
      let draft = try? SubmissionDraft.parse(value, defaultQueue: nil, defaultKind: nil)
    else { preconditionFailure("the sample is a request") }
    let request = RuleRequest(
      draft: draft, hasPriority: false, routingKey: "front-desk.withdrawal",
      headers: [.init(name: "branch", value: .text("north"))], now: moment)
    var matched = 0
    let verdict = rules.evaluate(request) { _ in matched += 1 }
    precondition(matched <= rules.names.count && verdict == rules.evaluate(request))
  } catch {
    precondition(!error.errors.isEmpty && error.errors.count <= RuleSet.Limits.errors)
    let lines = 1 + input.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    for error in error.errors { precondition((1...lines).contains(error.line) && error.column >= 1) }
  }
}
