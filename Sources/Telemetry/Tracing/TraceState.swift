/// The header `tracestate` of W3C Trace Context, level 1: what vendors add to a trace, the newest first. Usher adds nothing of its own; it
/// hands on what is well formed. Pure.
struct TraceState: Hashable, Sendable {
  enum Limits {
    /// What is longer is not looked at.
    static let read = 8_192
    /// As many members as the specification allows.
    static let members = 32
    /// Bytes that are handed on: the least that the specification asks for.
    static let bytes = 512
    /// Of what is too long together, members longer than this go first.
    static let longMember = 128
    static let value = 256
  }

  /// `KEY=VALUE`, each key once.
  let members: [Substring]

  /// What the header says; nil for what is malformed or says nothing.
  init?(_ text: String) {
    guard text.utf8.count <= Limits.read else { return nil }
    var found: [Substring] = []
    var keys: Set<Substring> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let member = Self.trimmed(part)
      // Empty ones come from where several headers were put together.
      guard !member.isEmpty else { continue }
      guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let key = member[..<equals]
      guard Self.isKey(key.utf8), Self.isValue(member[member.utf8.index(after: equals)...].utf8) else { return nil }
      guard keys.insert(key).inserted else { continue }
      found.append(member)
      guard found.count <= Limits.members else { return nil }
    }
    guard !found.isEmpty else { return nil }
    members = Self.bounded(found)
    guard !members.isEmpty else { return nil }
  }

  /// The header.
  var text: String { members.joined(separator: ",") }

  private static func bounded(_ members: [Substring]) -> [Substring] {
    var members = members
    var bytes = members.reduce(members.count - 1) { $0 + $1.utf8.count }
    while bytes > Limits.bytes {
      let last = members.lastIndex { $0.utf8.count > Limits.longMember } ?? members.count - 1
      bytes -= members.remove(at: last).utf8.count + 1
    }
    return members
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    // A space may stand within a value, but not at its end.
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }

  /// `KEY`, or `TENANT@SYSTEM`.
  private static func isKey(_ key: Substring.UTF8View) -> Bool {
    let parts = key.split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts[0].first, parts.allSatisfy({ $0.allSatisfy(isOfKey) }) else { return false }
    guard parts.count == 2 else { return isLetter(first) && parts[0].count <= 256 }
    guard let system = parts[1].first, isLetter(system), isLetter(first) || isDigit(first) else { return false }
    return parts[0].count <= 241 && parts[1].count <= 14
  }

  private static func isOfKey(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || "_-*/".utf8.contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Printable ASCII but commas and equals signs.
  private static func isValue(_ value: Substring.UTF8View) -> Bool {
    (1...Limits.value).contains(value.count)
      && value.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
  }
}
