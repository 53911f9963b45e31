import FieldEncryption
import Foundation
import ServiceQueue
import UserStore

/// Requests like those of a front desk, the personal data of each sealed under a data key of its own.
struct SampleSubmissions {
  private let vault: FieldVault
  private var ids = UUIDv7Generator()
  private var random = SystemRandomNumberGenerator()

  /// 153 bytes of personal data, the size of a usual request.
  static let personal = PersonalData(
    customer: Array(#"{"name":"Nina Example","phone":"+44 20 7946 0000","email":"nina@example.org"}"#.utf8),
    details: Array(#"{"note":"wheelchair, needs the lift","reference":"A-2026-004711","visits":3}"#.utf8))

  /// Seals by a keyset made for it.
  init() throws {
    vault = try FieldVault(keyset: try Keyset.generate())
  }

  /// So many, under new ids.
  mutating func make(_ count: Int, for queue: QueueName) throws -> [Submission] {
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    return try (0..<count).map { number in
      try make(ids.next(now: now, using: &random), priority: number % 10, for: queue)
    }
  }

  /// One for each number, under the ids that `family` has for them. All of one priority, or of each in turn.
  func make(
    _ numbers: Range<Int>, of family: NumberedIDs, priority: Priority? = nil, for queue: QueueName
  ) throws -> [Submission] {
    try numbers.map { try make(try family.id($0), priority: priority?.level ?? $0 % 10, for: queue) }
  }

  /// Number 0 of `family`, with letters where sealed data would be, as many: no program takes any bytes as an argument.
  func printable(of family: NumberedIDs, for queue: QueueName) throws -> Submission {
    func letters(_ bytes: [UInt8]) -> [UInt8] { bytes.map { UInt8(ascii: "a") + $0 % 26 } }
    let id = try family.id(0)
    let sealed = try vault.seal(Self.personal, for: id)
    let personal = SealedPersonalData(wrappedKey: letters(sealed.wrappedKey), ciphertext: letters(sealed.ciphertext))
    return try make(id, priority: Priority.normal.level, personal, for: queue)
  }

  private func make(_ id: ServiceID, priority: Int, for queue: QueueName) throws -> Submission {
    try make(id, priority: priority, try vault.seal(Self.personal, for: id), for: queue)
  }

  private func make(
    _ id: ServiceID, priority: Int, _ personal: SealedPersonalData, for queue: QueueName
  ) throws -> Submission {
    Submission(
      id: id, queue: queue, kind: "passport", priority: Priority(priority) ?? .normal, personal: personal,
      submitter: "bench", submitterName: "bench", idempotencyKey: id.rawValue,
      fingerprint: try vault.fingerprint(of: Array(id.rawValue.utf8)))
  }
}

/// Ids that differ in a number alone, whose 12 decimal digits are the last group of a UUID.
struct NumberedIDs: Sendable {
  /// The first four groups, with the hyphen after them.
  let prefix: String

  /// A family that no other run has.
  init() {
    let random = UInt64.random(in: 0...UInt64.max)
    let digits = String(random, radix: 16)
    let text = String(repeating: "0", count: 16 - digits.count) + digits
    prefix = "01900000-\(text.prefix(4))-7\(text.dropFirst(4).prefix(3))-8\(text.dropFirst(7).prefix(3))-"
  }

  func id(_ number: Int) throws -> ServiceID {
    let digits = String(number)
    guard digits.count <= 12, let id = ServiceID(prefix + String(repeating: "0", count: 12 - digits.count) + digits)
    else { throw BenchError("\(number) is no number of an id") }
    return id
  }
}
