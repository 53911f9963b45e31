import ServiceQueue

/// An event as one line in Redis; `usher.lua` says what stands in it.
enum EventCodec {
  /// Nil when the line is not one of this format.
  static func event(from line: [UInt8]) -> QueueEvent? {
    var fields = FieldReader(line[...])
    guard fields.number() == 1,
      let queue = fields.text().flatMap(QueueName.init), let epoch = fields.text().flatMap(Epoch.init),
      let version = fields.number(), let digest = fields.number(), let at = fields.number(),
      let actor = fields.text(), let type = fields.text(), let id = fields.text(),
      let change = change(type, id: id, queue: queue, body: fields.rest)
    else { return nil }
    return QueueEvent(
      queue: queue, epoch: epoch, version: version, digest: QueueDigest(value: digest), at: RecordCodec.timestamp(at),
      actor: actor, change: change)
  }

  private static func change(
    _ type: String, id: String, queue: QueueName, body: ArraySlice<UInt8>
  ) -> QueueEvent.Change? {
    if type == "renumbered" { return renumbering(body).map(QueueEvent.Change.renumbered) }
    guard let id = ServiceID(id), let service = RecordCodec.service(id, in: queue, from: body) else { return nil }
    return switch type {
    case "added": .added(service)
    case "moved": .moved(service)
    case "claimed": .claimed(service)
    case "started": .started(service)
    case "released": .returned(service, leaseExpired: false)
    case "expired": .returned(service, leaseExpired: true)
    case "completed": .completed(service)
    case "no_show": .noShow(service)
    case "removed": .removed(service)
    default: nil
    }
  }

  /// `id:order,id:order`
  private static func renumbering(_ list: ArraySlice<UInt8>) -> [QueueEvent.Renumbering]? {
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
