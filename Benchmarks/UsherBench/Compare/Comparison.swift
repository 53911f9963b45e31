/// A result beside a baseline, number by number. Pure.
struct Comparison: Sendable {
  /// What became of a number.
  enum Verdict: String, Sendable {
    case slower, faster, same
    /// Only one of the two has it.
    case new, gone
  }

  /// One number.
  struct Line: Sendable {
    let name: String
    let unit: String
    let baseline: Figure?
    let result: Figure?
    let verdict: Verdict

    /// By how much the result is worse, as a part of the baseline; below 0 where it is better.
    var worsening: Double? {
      guard let baseline, let result else { return nil }
      return Comparison.worsening(baseline, result)
    }
  }

  let lines: [Line]

  /// A number is slower, or faster, when it changed by more than `tolerance`, a part of the baseline, and each median is outside of
  /// the other's spread: what one of them shows by itself from run to run is no change.
  init(baseline: [Figure], result: [Figure], tolerance: Double) {
    let former = Dictionary(baseline.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(result.map(\.name))
    lines =
      result.map { figure in
        let old = former[figure.name]
        let verdict = old.map { Self.verdict($0, figure, tolerance) } ?? .new
        return Line(name: figure.name, unit: figure.unit, baseline: old, result: figure, verdict: verdict)
      }
      + baseline.filter { !names.contains($0.name) }.map {
        Line(name: $0.name, unit: $0.unit, baseline: $0, result: nil, verdict: .gone)
      }
  }

  /// Whether there was anything to compare.
  var isMeaningful: Bool { lines.contains { $0.baseline != nil && $0.result != nil } }
  var slower: [Line] { lines.filter { $0.verdict == .slower } }

  private static func verdict(_ old: Figure, _ new: Figure, _ tolerance: Double) -> Verdict {
    guard !old.range.contains(new.median), !new.range.contains(old.median) else { return .same }
    let worsening = worsening(old, new)
    return worsening > tolerance ? .slower : worsening < -tolerance ? .faster : .same
  }

  private static func worsening(_ old: Figure, _ new: Figure) -> Double {
    let change = new.median - old.median
    guard change != 0 else { return 0 }
    let part = old.median == 0 ? change * .infinity : change / old.median
    return old.better == .lower ? part : -part
  }

  var table: Table {
    var table = Table(
      "beside the baseline", ["what", "unit", "baseline", "its spread", "result", "its spread", "change", "verdict"])
    for line in lines {
      table.add([
        line.name, line.unit, line.baseline?.median.readable ?? "-", line.baseline?.range.readable ?? "-",
        line.result?.median.readable ?? "-", line.result?.range.readable ?? "-", Self.change(line),
        line.verdict == .slower ? "SLOWER" : line.verdict.rawValue,
      ])
    }
    return table
  }

  private static func change(_ line: Line) -> String {
    guard let baseline = line.baseline, let result = line.result else { return "-" }
    guard baseline.median != 0 else { return result.median == 0 ? "0 %" : "-" }
    let percent = Int(((result.median / baseline.median - 1) * 100).rounded())
    return (percent > 0 ? "+" : "") + "\(percent) %"
  }
}
