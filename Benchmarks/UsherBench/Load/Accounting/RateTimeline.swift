/// How many of what, second by second from the beginning of the run.
struct RateTimeline: Sendable {
  /// A line of the drawing.
  enum Series: String, Sendable, CaseIterable {
    /// Requests that were due.
    case offered
    case confirmed
    /// Requests that the first viewer saw.
    case onScreen = "on screen"
    case completed
  }

  /// Later moments are not counted.
  private let limit: Int
  private(set) var counts: [Series: [Int]] = [:]

  /// For so many seconds.
  init(seconds: Int) { limit = seconds }

  mutating func count(_ series: Series, at moment: UInt64) {
    let second = Int(moment / 1_000_000)
    guard second < limit else { return }
    var line = counts[series] ?? []
    if line.count <= second { line += Array(repeating: 0, count: second + 1 - line.count) }
    line[second] += 1
    counts[series] = line
  }
}
