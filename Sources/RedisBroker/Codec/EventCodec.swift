import ServiceQueue

/// An event as one line in Redis; `usher.lua` says what stands in it.
enum EventCodec {
  /// Nil when the line is not one of this format. `place` tells queue and epoch that are likely, to be used where they are.
  static func event(
    from line: UnsafeRawBufferPointer, likely place: (queue: QueueName, epoch: Epoch)? = nil
  ) -> QueueEvent? {
    var fields = FieldReader(line)
    guard fields.number() == 2, let queue = fields.next().flatMap({ queue($0, likely: place?.queue) }),
      let epoch = fields.next().flatMap({ epoch($0, likely: place?.epoch) }),
      let version = fields.number(), let digest = fields.number(), let at = fields.number(),
      let actor = fields.text(), let kind = fields.next(), let id = fields.text(),
      let change = change(kind, id: id, queue: queue, body: fields.rest)
    else { return nil }
    return QueueEvent(
      queue: queue, epoch: epoch, version: version, digest: QueueDigest(value: digest), at: RecordCodec.timestamp(at),
      actor: actor, change: change)
  }

  private static func queue(_ field: UnsafeRawBufferPointer, likely: QueueName?) -> QueueName? {
    if let likely, field.isText(likely.rawValue) { return likely }
    return QueueName(String(decoding: field, as: UTF8.self))
  }

  private static func epoch(_ field: UnsafeRawBufferPointer, likely: Epoch?) -> Epoch? {
    if let likely, field.isText(likely.rawValue) { return likely }
    return Epoch(String(decoding: field, as: UTF8.self))
  }

  private static func change(
    _ kind: UnsafeRawBufferPointer, id: String, queue: QueueName, body: UnsafeRawBufferPointer
  ) -> QueueEvent.Change? {
    let colon = kind.firstIndex(of: UInt8(ascii: ":"))
    let word = String(decoding: kind[..<(colon ?? kind.endIndex)], as: UTF8.self)
    let detail = colon.map { String(decoding: kind[($0 + 1)...], as: UTF8.self) }
    switch word {
    case "renumbered": return renumbering(body).map(QueueEvent.Change.renumbered)
    case "mode": return detail.flatMap(QueueMode.init(rawValue:)).map(QueueEvent.Change.mode)
    case "transferred":
      guard let id = ServiceID(id), let target = detail.flatMap({ QueueName($0) }) else { return nil }
      return RecordCodec.service(id, in: target, from: body).map(QueueEvent.Change.transferred)
    default:
      guard let id = ServiceID(id), let service = RecordCodec.service(id, in: queue, from: body) else { return nil }
      return change(word, detail, of: service)
    }
  }

  private static func change(_ word: String, _ detail: String?, of service: Service) -> QueueEvent.Change? {
    switch word {
    case "added":
      guard let detail else { return .added(service, from: nil) }
      return QueueName(detail).map { .added(service, from: $0) }
    case "due", "reprioritised", "repaired", "erased":
      return QueueEvent.UpdateReason(rawValue: word).map { .updated(service, $0) }
    case "moved": return .moved(service)
    case "claimed": return .claimed(service)
    case "started": return .started(service)
    case "held": return .held(service)
    case "resumed": return .resumed(service)
    case "returned": return detail.flatMap(QueueEvent.ReturnReason.init(rawValue:)).map { .returned(service, $0) }
    case "completed": return .completed(service)
    case "no_show": return .noShow(service)
    case "removed": return .removed(service)
    case "dead": return detail.flatMap(QueueEvent.ReturnReason.init(rawValue:)).map { .dead(service, $0) }
    default: return nil
    }
  }

  /// `id:order,id:order`
  private static func renumbering(_ list: UnsafeRawBufferPointer) -> [QueueEvent.Renumbering]? {
    var result: [QueueEvent.Renumbering] = []
    for item in list.split(separator: UInt8(ascii: ",")) {
      guard let colon = item.firstIndex(of: UInt8(ascii: ":")),
        let id = ServiceID(String(decoding: item[..<colon], as: UTF8.self)),
        let order = FieldReader.number(item[(colon + 1)...]).flatMap({ OrderKey(Int64($0)) })
      else { return nil }
      result.append(QueueEvent.Renumbering(id: id, order: order))
    }
    return result
  }
}
