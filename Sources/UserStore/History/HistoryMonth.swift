import ServiceQueue

/// A month of UTC, by which the history is partitioned. Pure.
struct HistoryMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Months since the year 0.
  let number: Int

  /// The month of a moment; nil beyond the years 1 to 9999.
  init?(of moment: Timestamp) {
    // From the beginning of the year 1 to the end of 9999.
    guard (-62_135_596_800_000..<253_402_300_800_000).contains(moment.milliseconds) else { return nil }
    let parts = moment.description.split(separator: "-")
    guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]) else { return nil }
    number = year * 12 + month - 1
  }

  /// `2026-11`.
  var description: String {
    let (year, month) = (String(number / 12), number % 12 + 1)
    return String(repeating: "0", count: max(0, 4 - year.count)) + year + (month < 10 ? "-0" : "-") + String(month)
  }

  static func < (a: HistoryMonth, b: HistoryMonth) -> Bool { a.number < b.number }
}

/// The months whose partitions are there, as far as this process knows. Pure.
///
/// A month that is missing is made when the first batch needs it, within `past` and `future` of now, so that no clock gone
/// wrong makes partitions without end; what lies beyond goes to the default partition, and so does everything while a month
/// cannot be made.
struct KnownMonths {
  /// How many months back and ahead of now a batch may have partitions made: as far as retention goes, and as the daily round.
  static let past = 240
  static let future = 2
  /// How long the default partition is made do with after a failure.
  static let pause = Duration.seconds(60)

  private var known: Set<HistoryMonth> = []
  private var pausedUntil: ContinuousClock.Instant?

  /// The months of `moments` that must be made first, in order.
  func missing(
    of moments: some Sequence<Timestamp>, now: Timestamp, clock: ContinuousClock.Instant
  ) -> [HistoryMonth] {
    if let pausedUntil, clock < pausedUntil { return [] }
    guard let current = HistoryMonth(of: now) else { return [] }
    var found: Set<HistoryMonth> = []
    var last: Timestamp?
    for moment in moments where moment != last {
      last = moment
      guard let month = HistoryMonth(of: moment), !known.contains(month),
        (current.number - Self.past...current.number + Self.future).contains(month.number)
      else { continue }
      found.insert(month)
    }
    return found.sorted()
  }

  /// They are there now.
  mutating func made(_ months: [HistoryMonth]) { known.formUnion(months) }

  /// They could not be made.
  mutating func failed(clock: ContinuousClock.Instant) { pausedUntil = clock + Self.pause }
}
