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

  mutating func make(_ count: Int, for queue: QueueName) throws -> [Submission] {
    try (0..<count).map { number in
      let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
      let id = ids.next(now: now, using: &random)
      return Submission(
        id: id, queue: queue, kind: "passport", priority: Priority(number % 10) ?? .normal,
        personal: try vault.seal(Self.personal, for: id), submitter: "bench", submitterName: "bench",
        idempotencyKey: id.rawValue, fingerprint: try vault.fingerprint(of: Array(id.rawValue.utf8)))
    }
  }
}
