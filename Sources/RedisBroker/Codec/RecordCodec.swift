import ServiceQueue

/// A service as one line in Redis; `usher.lua` says what stands in it. The part that never changes ("rest": kind, priority,
/// sealed data) is written here and only carried about by the functions.
enum RecordCodec {
  /// `kind`, `priority`, wrapped key and ciphertext in Base64, the last two empty when there is no personal data.
  static func rest(kind: String, priority: Priority, personal: SealedPersonalData?) -> [UInt8] {
    var line = Array(kind.utf8)
    let sealed = (personal?.wrappedKey.count ?? 0) + (personal?.ciphertext.count ?? 0)
    line.reserveCapacity(line.count + sealed * 4 / 3 + 16)
    line.append(UInt8(ascii: "\t"))
    line.append(contentsOf: String(priority.level).utf8)
    line.append(UInt8(ascii: "\t"))
    if let personal { Base64.standard.append(personal.wrappedKey, to: &line) }
    line.append(UInt8(ascii: "\t"))
    if let personal { Base64.standard.append(personal.ciphertext, to: &line) }
    return line
  }

  /// Nil when the line is not one of this format.
  static func service(_ id: ServiceID, in queue: QueueName, from line: ArraySlice<UInt8>) -> Service? {
    var fields = FieldReader(line)
    guard fields.number() == 1,
      let order = fields.number().flatMap({ OrderKey(Int64($0)) }),
      let state = fields.text().flatMap(ServiceState.init(rawValue:)),
      let version = fields.number(), let attempts = fields.number(),
      let fence = fields.optionalNumber(),
      let holder = fields.text(), let holderName = fields.text(),
      let claimed = fields.optionalNumber(), let started = fields.optionalNumber(), let ended = fields.optionalNumber(),
      let ticket = fields.number(), let submitted = fields.number(), let submitter = fields.text(),
      let kind = fields.text(), let priority = fields.number().flatMap({ Priority(Int($0)) }),
      let wrappedKey = fields.next().flatMap(Base64.standard.decode),
      let ciphertext = fields.next().flatMap(Base64.standard.decode)
    else { return nil }
    return Service(
      id: id, queue: queue, ticket: ticket, kind: kind, priority: priority, order: order, state: state,
      version: version, attempts: Int(attempts), submitter: submitter, submittedAt: timestamp(submitted),
      assignee: holder.isEmpty ? nil : Assignee(id: holder, name: holderName), fence: fence,
      claimedAt: claimed.map(timestamp), startedAt: started.map(timestamp), endedAt: ended.map(timestamp),
      personal: wrappedKey.isEmpty && ciphertext.isEmpty
        ? nil : SealedPersonalData(wrappedKey: wrappedKey, ciphertext: ciphertext))
  }

  /// The last four fields of a record.
  static func rest(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var fields = FieldReader(line)
    for _ in 0..<14 { _ = fields.next() }
    return fields.rest
  }

  /// An ended service: queue, then the record.
  static func ended(_ id: ServiceID, from line: [UInt8]) -> (service: Service, record: ArraySlice<UInt8>)? {
    var fields = FieldReader(line[...])
    guard let queue = fields.text().flatMap(QueueName.init) else { return nil }
    let record = fields.rest
    return service(id, in: queue, from: record).map { ($0, record) }
  }

  static func timestamp(_ milliseconds: UInt64) -> Timestamp {
    Timestamp(milliseconds: Int64(milliseconds))
  }
}
