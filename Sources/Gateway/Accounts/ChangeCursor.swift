import ServiceQueue
import UserStore

/// From where changes (of users, of sessions) are looked at, so that none is missed: pure. All times are in milliseconds since 1970.
///
/// Changes become visible in another order than they were made, so each look goes back `overlap` beyond the last change seen,
/// by the clock that made it. Once a while has passed without a newer one, what came late has come too, and looks begin
/// right after it.
struct ChangeCursor: Hashable, Sendable {
  /// Where a page begins: at a moment, after an id in it. Also the place of a change.
  struct Place: Hashable, Sendable {
    var moment: Int64
    var id: String?
  }

  /// How many changes a page has at most; fewer mean that it is the last.
  static let pageSize = 1_000
  static let overlap: Int64 = 5_000

  private let start: Int64
  private var last: Place?
  private var lastSeenAt: Int64 = 0

  /// Looks at what changed from `start` on.
  init(from start: Int64) { self.start = start }

  /// Where a look begins.
  func first(now: Int64) -> Place {
    guard let last else { return Place(moment: start, id: nil) }
    if last.moment <= now, now - lastSeenAt > 2 * Self.overlap { return last }
    // A change from the future, by a clock that was set back since, must not hide those made after it.
    return Place(moment: min(last.moment, now) - Self.overlap, id: nil)
  }

  /// A page of `count` changes was looked at, of which `place` is the last; where the next one begins, nil after the last.
  mutating func seen(_ count: Int, upTo place: Place?, now: Int64) -> Place? {
    guard let place else { return nil }
    if last.map({ place.moment > $0.moment || (place.moment == $0.moment && place.id ?? "" > $0.id ?? "") }) ?? true {
      last = place
      lastSeenAt = now
    }
    return count < Self.pageSize ? nil : place
  }
}
