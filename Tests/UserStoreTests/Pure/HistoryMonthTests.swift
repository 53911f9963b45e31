import ServiceQueue
import Testing

@testable import UserStore

struct HistoryMonthTests {
  func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  @Test(arguments: [
    ("2026-11-30T23:59:59.999Z", "2026-11"), ("2026-12-01T00:00:00Z", "2026-12"), ("0001-01-01T00:00:00Z", "0001-01"),
    ("2026-12-01T00:30:00+01:00", "2026-11"),
  ])
  func ofAMoment(_ text: String, _ month: String) throws {
    #expect(HistoryMonth(of: try moment(text))?.description == month)
  }

  @Test func beyondTheCalendar() {
    for milliseconds in [Int64.min, -62_200_000_000_000, 253_402_300_800_000, Int64.max / 2] {
      #expect(HistoryMonth(of: Timestamp(milliseconds: milliseconds)) == nil)
    }
  }

  @Test func missingUntilMade() throws {
    var months = KnownMonths()
    let now = try moment("2026-11-15T00:00:00Z")
    let moments = try ["2026-12-02", "2026-11-02", "2026-11-03"].map { try moment($0 + "T00:00:00Z") }
    let missing = months.missing(of: moments, now: now, clock: .now)
    #expect(missing.map(\.description) == ["2026-11", "2026-12"])
    months.made(missing)
    #expect(months.missing(of: moments, now: now, clock: .now).isEmpty)
  }

  @Test func boundedBothWays() throws {
    let now = try moment("2026-11-15T00:00:00Z")
    let moments = try ["2006-10-31", "2006-11-01", "2027-01-31", "2027-02-01"].map { try moment($0 + "T00:00:00Z") }
    let missing = KnownMonths().missing(of: moments, now: now, clock: .now)
    #expect(missing.map(\.description) == ["2006-11", "2027-01"])
  }

  @Test func aFailurePauses() throws {
    var months = KnownMonths()
    let (now, clock) = (try moment("2026-11-15T00:00:00Z"), ContinuousClock.now)
    months.failed(clock: clock)
    #expect(months.missing(of: [now], now: now, clock: clock + .seconds(59)).isEmpty)
    #expect(months.missing(of: [now], now: now, clock: clock + .seconds(60)).count == 1)
  }
}
