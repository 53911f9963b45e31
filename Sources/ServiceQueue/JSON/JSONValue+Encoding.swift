extension JSONValue {
  /// The value as compact JSON: members in their order, numbers as they were written, no white space.
  public var compactJSON: [UInt8] {
    var writer = JSONWriter()
    write(to: &writer, sorted: false)
    return writer.bytes
  }

  /// As `compactJSON`, with the members of every object sorted by the bytes of their names: two documents that differ only
  /// in order, white space and escapes give the same bytes.
  public var canonicalJSON: [UInt8] {
    var writer = JSONWriter()
    write(to: &writer, sorted: true)
    return writer.bytes
  }

  /// Writes the value behind what `writer` has.
  ///
  /// - Parameters:
  ///   - writer: where to write it.
  ///   - sorted: whether the members of objects are sorted by the bytes of their names.
  public func write(to writer: inout JSONWriter, sorted: Bool = false) {
    switch self {
    case .object(let object):
      let members =
        sorted
        ? object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : object.members
      writer.object { writer in
        for member in members {
          writer.key(dynamic: member.name)
          member.value.write(to: &writer, sorted: sorted)
        }
      }
    case .array(let elements):
      writer.array { writer in
        for element in elements { element.write(to: &writer, sorted: sorted) }
      }
    case .string(let text): writer.string(text)
    case .number(let number): writer.raw(number.text.utf8)
    case .bool(let value): writer.bool(value)
    case .null: writer.null()
    }
  }
}
