import FieldEncryption
import ServiceQueue

/// The bounds of what a user is made of. Pure.
enum UserRules {
  /// Characters (Unicode scalars, as JSON Schema counts them).
  static let fieldLength = 1...256
  static let pageLimit = 1...500

  static func isUsername(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || "._@+-".utf8.contains($0) }
  }

  /// What `newID` makes; anything else is nobody's id, and is not asked for.
  static func isID(_ text: String) -> Bool { ServiceID(text)?.rawValue == text }

  /// How the names of erased users begin, which nobody else may have.
  static let erasedPrefix = "erased-"

  static func erasedName(of id: String) -> String { erasedPrefix + id.prefix(13) }

  static func check(username: String) throws(UserStoreError) {
    guard !username.lowercased().hasPrefix(erasedPrefix) else {
      throw UserStoreError(.invalidArgument, "names that begin with \(erasedPrefix) are kept for erased users")
    }
    guard isUsername(username) else {
      throw UserStoreError(
        .invalidArgument, "a username is 1 to 64 of A-Z a-z 0-9 . _ @ + - and begins with a letter or digit")
    }
  }

  static func check(field: String?, _ name: StaticString) throws(UserStoreError) {
    guard let field else { return }
    guard fieldLength.contains(field.unicodeScalars.count) else {
      throw UserStoreError(.invalidArgument, "\(name) has 1 to 256 characters")
    }
  }

  static func check(queues: Set<QueueName>?) throws(UserStoreError) {
    guard (queues?.count ?? 0) <= User.mostQueues else {
      throw UserStoreError(.invalidArgument, "a user is limited to at most 1000 queues, or to none")
    }
  }

  static func check(skills: SkillSet?) throws(UserStoreError) {
    guard (skills?.words.count ?? 0) <= SkillSet.mostHeld else {
      throw UserStoreError(.invalidArgument, "a user has at most \(SkillSet.mostHeld) skills")
    }
  }

  static func check(capacity: Int?) throws(UserStoreError) {
    guard let capacity else { return }
    guard QueuePolicy.capacityRange.contains(capacity) else {
      throw UserStoreError(.invalidArgument, "a capacity is 1 to 10000")
    }
  }

  /// A random UUID (version 4) in canonical text.
  static func newID() throws(UserStoreError) -> String {
    var bytes: [UInt8]
    do { bytes = try SecureRandom.bytes(16) } catch { throw UserStoreError(.internal, error.description) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
