import ServiceQueue
import Testing

@testable import UserStore

@Suite struct SigningKeyScheduleTests {
  private static let day: Int64 = 86_400_000
  private let schedule = SigningKeySchedule()

  private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  private func key(_ kid: String, from activation: Int64, retired: Int64? = nil) -> SigningKeySchedule.Key {
    .init(
      kid: kid, createdAt: at(activation - 300_000), activatesAt: at(activation), retiredAt: retired.map(at))
  }

  @Test func theFirstKeyIsMadeAtOnce() {
    #expect(schedule.steps(for: [], now: at(0)) == [.create(after: nil)])
    #expect(schedule.steps(for: [key("a", from: 0, retired: 5)], now: at(5)) == [.create(after: nil)])
    #expect(schedule.steps(for: [key("a", from: 0)], now: at(0)).isEmpty)
  }

  @Test func theNextIsPublishedBeforeItsTurn() {
    let one = key("a", from: 0)
    let turn = 30 * Self.day
    #expect(schedule.steps(for: [one], now: at(turn - 300_001)).isEmpty)
    #expect(schedule.steps(for: [one], now: at(turn - 300_000)) == [.create(after: "a")])
    let two = [one, key("b", from: turn)]
    #expect(schedule.steps(for: two, now: at(turn - 1)).isEmpty, "it is published, that is enough")
    #expect(schedule.signer(among: two, now: at(turn - 1)) == one)
    #expect(schedule.phase(of: two[1], among: two, now: at(turn - 1)) == .published)
    #expect(schedule.signer(among: two, now: at(turn)) == two[1])
    #expect(schedule.phase(of: one, among: two, now: at(turn)) == .verifying)
    let byHand = SigningKeySchedule(rotation: nil)
    #expect(byHand.steps(for: [one], now: at(1_000 * Self.day)).isEmpty)
  }

  @Test func theOldEndsWithItsLastToken() {
    let keys = [key("a", from: 0), key("b", from: 1_000_000)]
    let end: Int64 = 1_000_000 + 600_000 + 60_000
    #expect(schedule.retirement(of: keys[0], among: keys) == at(end))
    #expect(schedule.retirement(of: keys[1], among: keys) == nil)
    #expect(schedule.steps(for: keys, now: at(end - 1)).isEmpty)
    #expect(schedule.steps(for: keys, now: at(end)) == [.retire("a")])
    let later = [key("a", from: 0, retired: end), keys[1]]
    #expect(schedule.phase(of: later[0], among: later, now: at(end)) == .retired)
    #expect(schedule.steps(for: later, now: at(end + 30 * Self.day - 1)).allSatisfy { $0 != .forget("a") })
    #expect(schedule.steps(for: later, now: at(end + 30 * Self.day)).contains(.forget("a")))
  }

  /// The one that signs was retired: an older one that still verifies signs again, and is not over.
  @Test func anOlderKeySteps() {
    let keys = [key("a", from: 0), key("b", from: 1_000, retired: 2_000)]
    #expect(schedule.signer(among: keys, now: at(900_000)) == keys[0])
    #expect(schedule.steps(for: keys, now: at(900_000)).isEmpty)
  }

  @Test func allNodesAgreeOnOneSigner() {
    let keys = ["a", "b", "c"].map { key($0, from: 7) }
    for order in [keys, keys.reversed(), [keys[1], keys[2], keys[0]]] {
      #expect(schedule.signer(among: order, now: at(7))?.kid == "a")
      #expect(order.filter { schedule.phase(of: $0, among: order, now: at(7)) == .signing }.count == 1)
    }
  }

  /// Years of rotation, looked at every minute by nodes of which each does what is due: at every moment one key signs that
  /// was published for the overlap, and every token is accepted to its end.
  @Test func years() {
    var keys: [SigningKeySchedule.Key] = []
    var signed: [(kid: String, until: Int64)] = []
    var made = 0
    for minute in stride(from: Int64(0), to: 400 * 1_440, by: 5) {
      let now = at(minute * 60_000)
      for step in schedule.steps(for: keys, now: now) {
        switch step {
        case .create(let newest):
          made += 1
          let overlap: Int64 = newest == nil ? 0 : 300_000
          keys.append(
            .init(
              kid: "k\(made)", createdAt: now, activatesAt: at(now.milliseconds + overlap), retiredAt: nil))
        case .retire(let kid):
          #expect(!signed.contains { $0.kid == kid && $0.until > now.milliseconds }, "a token outlives its key")
          keys = keys.map { $0.kid == kid ? key($0, retired: now) : $0 }
        case .forget(let kid): keys.removeAll { $0.kid == kid }
        }
      }
      let signer = schedule.signer(among: keys, now: now)
      #expect(signer != nil && (signer?.kid == "k1" || now.milliseconds - signer!.createdAt.milliseconds >= 300_000))
      signed.removeAll { $0.until <= now.milliseconds }
      if let signer { signed.append((signer.kid, now.milliseconds + 600_000)) }
      #expect(keys.count <= 4)
    }
    #expect(made == 14)
  }

  private func key(_ key: SigningKeySchedule.Key, retired: Timestamp) -> SigningKeySchedule.Key {
    var key = key
    key.retiredAt = retired
    return key
  }
}
