import Foundation

/// Latencies as a drawing: from left to right the part of the events, each nine as wide as the one before; from bottom to top how long
/// they took, each power of ten as high as the one before.
struct LatencyPlot {
  /// A line, by name and colour.
  struct Line {
    let name: String
    let colour: String
    /// The microseconds within which a part of the events, 0 to 1, came.
    let percentile: (Double) -> UInt64
  }

  let title: String
  let lines: [Line]
  /// A promise: so many milliseconds at so much of the deliveries.
  var promise: (part: Double, milliseconds: Double)?
  /// Between the names of the lines.
  var legendStep = 150.0

  static let (width, height) = (720.0, 400.0)
  private static let parts = [0.5, 0.9, 0.99, 0.999, 0.9999]
  private static let (left, right, top, bottom) = (70.0, 690.0, 50.0, 340.0)
  /// Nines that are drawn, and from a tenth of a millisecond up to where the highest line needs it.
  private static let nines = 4.3
  private static let lowest = 0.1

  private var highest: Double {
    let most = lines.map { milliseconds($0, Self.part(nines: Self.nines)) }.max() ?? 1
    return pow(10, max(2, log10(most).rounded(.up)))
  }

  var svg: String { drawing.svg(width: Self.width, height: Self.height) }

  var drawing: Drawing {
    var drawing = Drawing()
    drawing.text(Self.left, 24, title, size: 15, anchor: "start")
    for part in Self.parts {
      let x = x(part)
      drawing.line(x, Self.top, x, Self.bottom, "#ddd")
      drawing.text(x, Self.bottom + 18, "p" + Drawing.number(part * 100))
    }
    var level = Self.lowest
    while level <= highest * 1.01 {
      let y = y(level)
      drawing.line(Self.left, y, Self.right, y, "#ddd")
      drawing.text(Self.left - 8, y + 4, Drawing.number(level) + " ms", anchor: "end")
      level *= 10
    }
    if let promise {
      let (x, y) = (x(promise.part), y(promise.milliseconds))
      drawing.line(x - 6, y, x + 6, y, "crimson", width: 3)
      let promised = "p\(Drawing.number(promise.part * 100)) at most \(Drawing.number(promise.milliseconds)) ms"
      drawing.text(x + 10, y + 4, promised, anchor: "start", colour: "crimson")
    }
    for line in lines { drawing.curve(points(line), line.colour) }
    drawing.legend(
      lines.map { ($0.name, $0.colour) }, left: Self.left, y: Self.height - 20, step: legendStep)
    return drawing
  }

  private func points(_ line: Line) -> [(x: Double, y: Double)] {
    stride(from: 0, through: Self.nines, by: 0.05).map { nines in
      let part = Self.part(nines: nines)
      return (x(part), y(milliseconds(line, part)))
    }
  }

  private func milliseconds(_ line: Line, _ part: Double) -> Double {
    max(Self.lowest, Double(line.percentile(part)) / 1_000)
  }

  /// 0.9 is one nine, 0.99 are two.
  private static func part(nines: Double) -> Double { 1 - pow(10, -nines) }

  private func x(_ part: Double) -> Double {
    Self.left + -log10(1 - part) / Self.nines * (Self.right - Self.left)
  }

  private func y(_ milliseconds: Double) -> Double {
    let place = log10(milliseconds / Self.lowest) / log10(highest / Self.lowest)
    return Self.bottom - place * (Self.bottom - Self.top)
  }
}
