import ServiceQueue

/// Who and what takes part in a random sequence. Services, queues and people are named by small numbers, so that a sequence
/// can be read and shortened.
enum Cast {
  // All these are in their form, so there are values.
  static let queues = ["desk", "road", "back"].map { QueueName($0)! }
  /// The three, and one that is not there.
  static let named = queues + [QueueName("nowhere")!]

  static let people = [
    Principal(id: "u1", name: "anna", level: .agent, skills: skills[3], capacity: 2),
    Principal(id: "u2", name: "ben", level: .agent, skills: skills[1]),
    Principal(id: "u3", name: "cid", level: .agent, capacity: 1),
    Principal(id: "u8", name: "ada", level: .admin, capacity: 3),
    Principal(id: "u9", name: "sue", level: .supervisor),
    Principal(id: "p1", name: "portal", level: .producer),
    Principal(id: "p2", name: "kiosk", level: .producer),
  ]
  static let producers = [5, 6]

  /// The first is none.
  static let skills =
    [[], ["german"], ["towing"], ["german", "towing"], ["sign"]].map { SkillSet($0, most: 8)! }
    + (0..<70).map { SkillSet(["rare\($0)"], most: 8)! }
  /// How many of them are in common use.
  static let commonSkills = 5

  static let personal = SealedPersonalData(wrappedKey: [1, 2, 3], ciphertext: [4, 5, 6, 7])

  /// The id of the service with this number. Later numbers are not always later ids.
  static func id(_ number: Int) -> ServiceID { number < made.count ? made[number] : make(number) }

  private static let made = (0..<4_096).map(make)

  private static func make(_ number: Int) -> ServiceID {
    let scrambled = (UInt64(number) &* 0x2545_F491_4F6C_DD1D) & 0xFFFF_FFFF_0000 | UInt64(number & 0xFFFF)
    let digits = String(scrambled, radix: 16)
    // It is an id.
    return ServiceID("0190c0de-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
  }

  /// The number of an id that `id(_:)` made; a sequence has fewer than 65,536 services.
  static func number(_ id: ServiceID) -> Int { Int(id.rawValue.suffix(4), radix: 16) ?? 0 }

  /// What the operator has decided: in the first everything is short and small, so that it is reached. Each has a series of
  /// sequences.
  static let policies = [
    QueuePolicy(
      lease: LeaseDuration(milliseconds: 20_000), hold: HoldDuration(milliseconds: 60_000), mostAttempts: 4,
      reinstateWithin: 120_000, capacity: 4)!,
    QueuePolicy(
      lease: LeaseDuration(milliseconds: 300_000), hold: HoldDuration(milliseconds: 600_000), mostAttempts: 1_000,
      reinstateWithin: 86_400_000, capacity: nil)!,
  ]
}
