import ServiceQueue

/// The lines in which presence is kept and told; see `usher.lua`.
enum PresenceCodec {
  /// User's id, level, name.
  static func who(_ entry: PresenceEntry) -> String {
    "\(RedisCommand.field(entry.user))\t\(entry.level.rawValue)\t\(RedisCommand.field(entry.name))"
  }

  /// The entry of a connection from its id, level, name; nil when they are none.
  static func entry(_ connection: String, from who: [UInt8]) -> PresenceEntry? {
    who.withUnsafeBytes { line in
      var fields = FieldReader(line)
      return entry(connection, &fields)
    }
  }

  /// Queue and connection of a member of a node's set.
  static func member(_ line: UnsafeRawBufferPointer) -> (queue: QueueName, connection: String)? {
    var fields = FieldReader(line)
    guard let queue = fields.text().flatMap({ QueueName($0) }), let connection = fields.text() else { return nil }
    return (queue, connection)
  }

  /// The changes of an entry of the stream; lines of another format are left out.
  static func changes(from lines: UnsafeRawBufferPointer) -> [PresenceChange] {
    lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
      var fields = FieldReader(UnsafeRawBufferPointer(rebasing: line))
      guard fields.text() == "1", let kind = fields.text().flatMap(PresenceChange.Kind.init(rawValue:)),
        let queue = fields.text().flatMap({ QueueName($0) }), let connection = fields.text(),
        let entry = entry(connection, &fields)
      else { return nil }
      return PresenceChange(queue: queue, kind: kind, entry: entry)
    }
  }

  private static func entry(_ connection: String, _ fields: inout FieldReader) -> PresenceEntry? {
    guard let user = fields.text(), let level = fields.text().flatMap(AccessLevel.init(rawValue:)),
      let name = fields.text()
    else { return nil }
    return PresenceEntry(connection: connection, user: user, name: name, level: level)
  }
}
