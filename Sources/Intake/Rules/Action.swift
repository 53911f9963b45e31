import ServiceQueue

/// What a rule does.
enum Action: Hashable, Sendable {
  /// The request is acknowledged and forgotten.
  case drop
  /// The message goes to the dead letters, with this text for people.
  case reject(String)
  /// The rules behind are not asked.
  case stop
  case change(Change)

  /// Carried out in this order, whatever the order in the file.
  enum Change: Hashable, Sendable {
    /// What is absent gets a value.
    case defaults([Default])
    /// The request goes to this queue.
    case route(QueueName)
    /// The request gets this priority.
    case prioritise(Priority)
    /// The request is in line from then on.
    case schedule(Schedule)
    /// Whoever claims the request must have these skills, beside those that it requires already.
    case require(SkillSet)
    /// `details.tags` has these labels, beside those that are there already.
    case tag([String])
  }

  enum Default: Hashable, Sendable {
    case priority(Priority)
    case customer(String, JSONValue)
    case details([String], JSONValue)
  }

  struct Schedule: Hashable, Sendable {
    /// The field that has the moment to count from; nil for now.
    let field: Subject?
    let seconds: Int64
  }

  /// Why an action cannot be carried out on a request, which then is rejected: half a rule would be a surprise. Names fields.
  struct Obstacle: Error, Hashable {
    let message: String
  }
}

extension Action.Change {
  func carryOut(on request: inout RuleRequest) throws(Action.Obstacle) {
    switch self {
    case .defaults(let defaults):
      let before = request.draft
      for value in defaults { try Self.set(value, on: &request) }
      if request.draft.customer != before.customer || request.draft.details != before.details {
        try Self.checkSize(request.draft)
      }
    case .route(let queue): request.draft.queue = queue
    case .prioritise(let priority):
      request.draft.priority = priority
      request.hasPriority = true
    case .schedule(let schedule): request.draft.scheduledFor = try Self.moment(schedule, request)
    case .require(let skills):
      let words = request.draft.requires.words + skills.words
      guard let joined = SkillSet(words, most: SkillSet.mostRequired) else {
        throw Action.Obstacle(message: "it would require more than \(SkillSet.mostRequired) skills")
      }
      request.draft.requires = joined
    case .tag(let tags): try Self.tag(tags, &request.draft)
    }
  }

  private static func set(_ value: Action.Default, on request: inout RuleRequest) throws(Action.Obstacle) {
    switch value {
    case .priority(let priority):
      guard !request.hasPriority else { return }
      request.draft.priority = priority
      request.hasPriority = true
    case .customer(let name, let value):
      let customer = request.draft.customer ?? JSONObject()
      guard customer[name] == nil else { return }
      guard customer.members.count < SubmissionDraft.Limits.customerMembers else {
        throw Action.Obstacle(message: "customer would have more than \(customer.members.count) members")
      }
      request.draft.customer = customer.setting([name], to: value)
    case .details(let path, let value):
      let details = request.draft.details ?? JSONObject()
      guard details.value(at: path[...]) == nil else { return }
      guard let changed = details.setting(path[...], to: value) else {
        throw Action.Obstacle(message: "details.\(path.joined(separator: ".")) is within something that is no object")
      }
      request.draft.details = changed
    }
  }

  private static func moment(_ schedule: Action.Schedule, _ request: RuleRequest) throws(Action.Obstacle) -> Timestamp {
    var base = request.now
    if let field = schedule.field {
      guard let found = request.value(of: field)?.string.flatMap({ Timestamp(rfc3339: $0) }) else {
        throw Action.Obstacle(message: "\(field) is not a time such as 2026-11-24T09:30:00Z")
      }
      base = found
    }
    return Timestamp(milliseconds: max(0, base.milliseconds + schedule.seconds * 1_000))
  }

  private static func tag(_ tags: [String], _ draft: inout SubmissionDraft) throws(Action.Obstacle) {
    let details = draft.details ?? JSONObject()
    var all: [JSONValue] = []
    switch details["tags"] {
    case nil, .null: break
    case .array(let own) where own.allSatisfy({ $0.string != nil }): all = own
    default: throw Action.Obstacle(message: "details.tags is not a list of texts")
    }
    let missing = tags.map { JSONValue.string($0) }.filter { !all.contains($0) }
    guard !missing.isEmpty else { return }
    all += missing
    guard all.count <= RuleSet.Limits.tags else {
      throw Action.Obstacle(message: "it would have more than \(RuleSet.Limits.tags) tags")
    }
    draft.details = details.setting(["tags"], to: .array(all))
    try checkSize(draft)
  }

  private static func checkSize(_ draft: SubmissionDraft) throws(Action.Obstacle) {
    guard draft.personal.bytes <= SubmissionDraft.Limits.personalBytes else {
      throw Action.Obstacle(
        message: "customer and details would have more than \(SubmissionDraft.Limits.personalBytes) bytes together")
    }
  }
}
