/// What a producer asks for, checked, before it is sealed: the data object of RabbitMQ, REST and RPC alike.
///
/// `{queue, kind, priority?, requires?, scheduled_for?, customer?, details?}`. A member that is `null` counts as absent. Members
/// that are not known are let pass and counted (`unknownMembers`): a producer may send one object to several systems.
public struct SubmissionDraft: Hashable, Sendable {
  /// The written bounds of a data object.
  public enum Limits {
    /// Members of `customer`.
    public static let customerMembers = 64
    /// Bytes of a member's name in `customer`.
    public static let customerNameBytes = 64
    /// Bytes of a text, or digits of a number, in `customer`.
    public static let customerValueBytes = 1_024
    /// Bytes of `customer` and `details` together as compact JSON: every screen loads them with each service.
    public static let personalBytes = 16_384
    /// Objects and arrays around a value in `details`, `details` itself included.
    public static let detailsDepth = 16
  }

  /// The queue it is for.
  public var queue: QueueName
  /// What is asked for; see `Service.kind`.
  public let kind: String
  /// How urgent it is.
  public var priority: Priority
  /// The skills that whoever claims it must have.
  public var requires: SkillSet
  /// When it is to be in line; nil for at once. The Broker, which has the clock, knows how far ahead that may be.
  public var scheduledFor: Timestamp?
  /// Who asks: flat, values are texts, numbers, truth values or null.
  public var customer: JSONObject? {
    didSet { personal.customer = Self.encoded(customer) }
  }
  /// Anything else, free for the producer.
  public var details: JSONObject? {
    didSet { personal.details = Self.encoded(details) }
  }
  /// How many members the data object had that Usher does not know.
  public let unknownMembers: Int

  /// What must be sealed, `customer` and `details` as compact JSON; written when they change, since it is asked for more than once.
  public private(set) var personal: PersonalData

  private init(
    queue: QueueName, kind: String, priority: Priority, requires: SkillSet, scheduledFor: Timestamp?,
    customer: JSONObject?, details: JSONObject?, unknownMembers: Int
  ) {
    self.queue = queue
    self.kind = kind
    self.priority = priority
    self.requires = requires
    self.scheduledFor = scheduledFor
    self.customer = customer
    self.details = details
    self.unknownMembers = unknownMembers
    personal = PersonalData(customer: Self.encoded(customer), details: Self.encoded(details))
  }

  private static func encoded(_ object: JSONObject?) -> [UInt8]? {
    object.map { JSONValue.object($0).compactJSON }
  }

  /// Bytes that are the same exactly when what was asked for is the same, whatever the order of members, white space or
  /// escapes. Personal: only `PersonalDataVault.fingerprint` of it may leave the process. Take it before rules change the draft.
  public var canonicalBytes: [UInt8] {
    var writer = JSONWriter(capacity: 512)
    writer.array { writer in
      writer.string(queue.rawValue)
      writer.string(kind)
      writer.number(priority.level)
      writer.string(requires.description)
      writer.number(scheduledFor?.milliseconds ?? -1)
      for part in [customer, details] {
        if let part { JSONValue.object(part).write(to: &writer, sorted: true) } else { writer.null() }
      }
    }
    return writer.bytes
  }

  /// Checks a data object. Pure.
  ///
  /// - Parameters:
  ///   - value: the data object.
  ///   - defaultQueue: the queue where the object names none: the path's in REST, the routing key's in RabbitMQ. One that
  ///     the object names wins; a door where that is wrong compares.
  ///   - defaultKind: the kind where the object names none.
  /// - Throws: what is wrong with the first bad member.
  public static func parse(
    _ value: JSONValue, defaultQueue: QueueName? = nil, defaultKind: String? = nil
  ) throws(DraftError) -> SubmissionDraft {
    guard let object = value.object else {
      throw DraftError(.wrongType, field: "", "the data must be an object, not \(value.typeName)")
    }
    var members: [String: JSONValue] = [:]
    var unknown = 0
    for member in object.members {
      guard Self.members.contains(member.name) else {
        unknown += 1
        continue
      }
      if !member.value.isNull { members[member.name] = member.value }
    }
    let draft = SubmissionDraft(
      queue: try queue(members["queue"], defaultQueue), kind: try kind(members["kind"], defaultKind),
      priority: try priority(members["priority"]), requires: try requires(members["requires"]),
      scheduledFor: try scheduledFor(members["scheduled_for"]), customer: try customer(members["customer"]),
      details: try details(members["details"]), unknownMembers: unknown)
    guard draft.personal.bytes <= Limits.personalBytes else {
      throw DraftError(
        .tooLarge, field: "details", "customer and details together have at most \(Limits.personalBytes) bytes")
    }
    return draft
  }

  /// The members that are known.
  public static let members: Set<String> = [
    "queue", "kind", "priority", "requires", "scheduled_for", "customer", "details",
  ]
}

extension SubmissionDraft {
  private static func queue(_ value: JSONValue?, _ standard: QueueName?) throws(DraftError) -> QueueName {
    guard let value else {
      guard let standard else { throw DraftError(.missingField, field: "queue", "the name of a queue is needed") }
      return standard
    }
    guard let text = value.string else { throw wrongType(value, "queue", takes: "a string") }
    guard let queue = QueueName(text) else {
      throw DraftError(
        .invalidValue, field: "queue", "1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
    }
    return queue
  }

  private static func kind(_ value: JSONValue?, _ standard: String?) throws(DraftError) -> String {
    guard let value else {
      guard let standard else { throw DraftError(.missingField, field: "kind", "what is asked for is needed") }
      return standard
    }
    guard let text = value.string else { throw wrongType(value, "kind", takes: "a string") }
    guard Service.isKind(text) else {
      throw DraftError(.invalidValue, field: "kind", "1 to 64 of a-z, 0-9, ., - and _")
    }
    return text
  }

  private static func priority(_ value: JSONValue?) throws(DraftError) -> Priority {
    let priority: Priority?
    switch value {
    case nil: return .normal
    case .number(let number): priority = number.whole.flatMap { Int(exactly: $0) }.flatMap { Priority($0) }
    case .string(let name): priority = Priority(name: name)
    case .some(let other): throw wrongType(other, "priority", takes: "a number or a name")
    }
    guard let priority else {
      throw DraftError(.invalidValue, field: "priority", "a whole number from 0 to 9, or low, normal, high or urgent")
    }
    return priority
  }

  private static func requires(_ value: JSONValue?) throws(DraftError) -> SkillSet {
    guard let value else { return .none }
    guard let elements = value.array else { throw wrongType(value, "requires", takes: "an array of strings") }
    var words: [String] = []
    guard elements.count <= SkillSet.mostRequired else {
      throw DraftError(.invalidValue, field: "requires", "at most \(SkillSet.mostRequired) skills")
    }
    for element in elements {
      guard let word = element.string else { throw wrongType(element, "requires", takes: "an array of strings") }
      words.append(word)
    }
    guard let skills = SkillSet(words, most: SkillSet.mostRequired) else {
      throw DraftError(
        .invalidValue, field: "requires",
        "at most \(SkillSet.mostRequired) skills, each 1 to 32 of a-z, 0-9, ., - and _")
    }
    return skills
  }

  private static func scheduledFor(_ value: JSONValue?) throws(DraftError) -> Timestamp? {
    guard let value else { return nil }
    guard let text = value.string else { throw wrongType(value, "scheduled_for", takes: "a string") }
    guard let moment = Timestamp(rfc3339: text), moment.milliseconds >= 0 else {
      throw DraftError(
        .invalidValue, field: "scheduled_for", "a time such as 2026-11-24T09:30:00Z (RFC 3339) since 1970")
    }
    return moment
  }

  private static func customer(_ value: JSONValue?) throws(DraftError) -> JSONObject? {
    guard let value else { return nil }
    guard let object = value.object else { throw wrongType(value, "customer", takes: "an object") }
    guard object.members.count <= Limits.customerMembers else {
      throw DraftError(.tooLarge, field: "customer", "at most \(Limits.customerMembers) members")
    }
    for member in object.members {
      guard (1...Limits.customerNameBytes).contains(member.name.utf8.count) else {
        throw DraftError(
          .tooLarge, field: "customer", "the names of members have 1 to \(Limits.customerNameBytes) bytes")
      }
      let size: Int
      switch member.value {
      case .string(let text): size = text.utf8.count
      case .number(let number): size = number.text.utf8.count
      case .bool, .null: size = 0
      case .object, .array:
        throw wrongType(member.value, field("customer", member.name), takes: "a string, number, boolean or null")
      }
      guard size <= Limits.customerValueBytes else {
        throw DraftError(
          .tooLarge, field: field("customer", member.name), "at most \(Limits.customerValueBytes) bytes")
      }
    }
    return object
  }

  private static func details(_ value: JSONValue?) throws(DraftError) -> JSONObject? {
    guard let value else { return nil }
    guard let object = value.object else { throw wrongType(value, "details", takes: "an object") }
    try checkDetails(value, depthLeft: Limits.detailsDepth)
    return object
  }

  private static func checkDetails(_ value: JSONValue, depthLeft: Int) throws(DraftError) {
    switch value {
    case .object, .array:
      guard depthLeft > 0 else {
        throw DraftError(.tooDeep, field: "details", "nested at most \(Limits.detailsDepth) deep")
      }
    case .number(let number):
      // Readers of JSON in other languages refuse numbers of thousands of digits.
      guard number.text.utf8.count <= Limits.customerValueBytes else {
        throw DraftError(.tooLarge, field: "details", "a number has at most \(Limits.customerValueBytes) digits")
      }
    case .string, .bool, .null: break
    }
    if case .object(let object) = value {
      for member in object.members { try checkDetails(member.value, depthLeft: depthLeft - 1) }
    } else if case .array(let elements) = value {
      for element in elements { try checkDetails(element, depthLeft: depthLeft - 1) }
    }
  }

  private static func wrongType(_ value: JSONValue, _ field: String, takes: String) -> DraftError {
    DraftError(.wrongType, field: field, "must be \(takes), not \(value.typeName)")
  }

  /// A member's path if its name is a usual one; any other could itself say something about a person.
  private static func field(_ parent: String, _ name: String) -> String {
    usualNames.contains(name) ? "\(parent).\(name)" : parent
  }

  private static let usualNames: Set<String> = [
    "name", "first_name", "last_name", "phone", "mobile", "email", "address", "street", "city", "postal_code",
    "country", "birth_date", "language", "customer_id", "note",
  ]
}
