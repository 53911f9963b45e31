import ServiceQueue

/// A service as one line in Redis; `usher.lua` says what stands in it. The part that never changes ("rest": kind and sealed
/// data) is written here and only carried about by the functions.
enum RecordCodec {
  /// `kind`, how long the wrapped key and the ciphertext are, and then both, as they are: personal data are most of what a
  /// service takes in Redis. What a later version adds stands behind them and is not read here.
  static func rest(kind: String, personal: SealedPersonalData?) -> [UInt8] {
    var line = Array(kind.utf8)
    let wrappedKey = personal?.wrappedKey ?? []
    let ciphertext = personal?.ciphertext ?? []
    line.reserveCapacity(line.count + wrappedKey.count + ciphertext.count + 16)
    line.append(contentsOf: "\t\(wrappedKey.count)\t\(ciphertext.count)\t".utf8)
    line.append(contentsOf: wrappedKey)
    line.append(contentsOf: ciphertext)
    return line
  }

  /// The whole line of a service.
  static func record(_ service: Service) -> [UInt8] {
    func number(_ value: (some BinaryInteger)?) -> String { value.map { String($0) } ?? "" }
    func moment(_ at: Timestamp?) -> String { number(at?.milliseconds) }
    let fields = [
      "2", String(service.order.ticks), service.state.rawValue, String(service.version), String(service.attempts),
      number(service.fence), RedisCommand.field(service.assignee?.id ?? ""),
      RedisCommand.field(service.assignee?.name ?? ""), moment(service.claimedAt), moment(service.startedAt),
      moment(service.heldAt), moment(service.holdUntil), moment(service.endedAt), moment(service.scheduledFor),
      String(service.priority.level), service.requires.description, String(service.ticket),
      moment(service.submittedAt), RedisCommand.field(service.submitter),
    ]
    return Array((fields.joined(separator: "\t") + "\t").utf8) + rest(kind: service.kind, personal: service.personal)
  }

  /// Nil when the line is not one of this format.
  static func service(_ id: ServiceID, in queue: QueueName, from line: ArraySlice<UInt8>) -> Service? {
    line.withUnsafeBytes { service(id, in: queue, from: $0) }
  }

  /// Nil when the line is not one of this format.
  static func service(_ id: ServiceID, in queue: QueueName, from line: UnsafeRawBufferPointer) -> Service? {
    var fields = FieldReader(line)
    guard fields.number() == 2,
      let order = fields.number().flatMap({ OrderKey(Int64($0)) }),
      let state = fields.next().flatMap(state),
      let version = fields.number(), let attempts = fields.number(),
      let fence = fields.optionalNumber(),
      let holder = fields.text(), let holderName = fields.text(),
      let claimed = fields.optionalNumber(), let started = fields.optionalNumber(),
      let held = fields.optionalNumber(), let holdUntil = fields.optionalNumber(),
      let ended = fields.optionalNumber(), let scheduledFor = fields.optionalNumber(),
      let priority = fields.number().flatMap({ Priority(Int($0)) }),
      let requires = fields.next().flatMap(skills),
      let ticket = fields.number(), let submitted = fields.number(), let submitter = fields.text(),
      let kind = fields.text(), let sealed = sealed(&fields)
    else { return nil }
    return Service(
      id: id, queue: queue, ticket: ticket, kind: kind, priority: priority, order: order, state: state,
      version: version, attempts: Int(attempts), requires: requires, submitter: submitter,
      submittedAt: timestamp(submitted), scheduledFor: scheduledFor.map(timestamp),
      assignee: holder.isEmpty ? nil : Assignee(id: holder, name: holderName), fence: fence,
      claimedAt: claimed.map(timestamp), startedAt: started.map(timestamp), heldAt: held.map(timestamp),
      holdUntil: holdUntil.map(timestamp), endedAt: ended.map(timestamp),
      personal: sealed.wrappedKey.isEmpty && sealed.ciphertext.isEmpty ? nil : sealed)
  }

  private static func state(_ word: UnsafeRawBufferPointer) -> ServiceState? {
    // Most are told by their first letter.
    let likely: ServiceState? =
      switch word.first {
      case UInt8(ascii: "w"): .waiting
      case UInt8(ascii: "c"): word.count == 7 ? .claimed : .completed
      case UInt8(ascii: "s"): word.count == 7 ? .serving : .scheduled
      case UInt8(ascii: "o"): .onHold
      default: nil
      }
    if let likely, word.isText(likely.rawValue) { return likely }
    return ServiceState(rawValue: String(decoding: word, as: UTF8.self))
  }

  private static func sealed(_ fields: inout FieldReader) -> SealedPersonalData? {
    guard let keyLength = fields.number(), let textLength = fields.number() else { return nil }
    let rest = fields.rest
    guard keyLength <= rest.count, textLength <= rest.count - Int(keyLength) else { return nil }
    let end = Int(keyLength) + Int(textLength)
    return SealedPersonalData(
      wrappedKey: Array(UnsafeRawBufferPointer(rebasing: rest[..<Int(keyLength)])),
      ciphertext: Array(UnsafeRawBufferPointer(rebasing: rest[Int(keyLength)..<end])))
  }

  private static func skills(_ signature: UnsafeRawBufferPointer) -> SkillSet? {
    signature.isEmpty ? SkillSet.none : SkillSet(signature: String(decoding: signature, as: UTF8.self))
  }

  /// A record without its rest, and another record of the same service with it: the former completed by the latter.
  static func record(head: [UInt8], restOf line: ArraySlice<UInt8>) -> [UInt8] {
    line.withUnsafeBytes { line in
      var fields = FieldReader(line)
      for _ in 0..<19 { _ = fields.next() }
      return head + [UInt8(ascii: "\t")] + fields.rest
    }
  }

  /// An ended service: queue, then the record.
  static func ended(_ id: ServiceID, from line: [UInt8]) -> (service: Service, record: ArraySlice<UInt8>)? {
    let read = line.withUnsafeBytes { line -> (service: Service, length: Int)? in
      var fields = FieldReader(line)
      guard let queue = fields.text().flatMap(QueueName.init) else { return nil }
      return service(id, in: queue, from: fields.rest).map { ($0, fields.rest.count) }
    }
    return read.map { ($0.service, line.suffix($0.length)) }
  }

  static func timestamp(_ milliseconds: UInt64) -> Timestamp {
    Timestamp(milliseconds: Int64(milliseconds))
  }
}
