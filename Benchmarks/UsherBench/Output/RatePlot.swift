/// Numbers a second over time as a drawing.
struct RatePlot {
  /// A line, by name and colour.
  struct Line {
    let name: String
    let colour: String
    /// Second by second from the beginning.
    let counts: [Int]
  }

  let title: String
  let seconds: Int
  let lines: [Line]
  /// From then on it is measured.
  let measuredFrom: Double

  static let (width, height) = (720.0, 320.0)
  private static let (left, right, top, bottom) = (70.0, 690.0, 50.0, 260.0)

  /// A round number that no line exceeds.
  private var highest: Int {
    let most = lines.flatMap(\.counts).max() ?? 1
    var step = 1
    while step * 10 < most { step *= 10 }
    return max(1, [1, 2, 5, 10].map { $0 * step }.first { $0 >= most } ?? most)
  }

  var drawing: Drawing {
    var drawing = Drawing()
    drawing.text(Self.left, 24, title, size: 15, anchor: "start")
    for part in 0...4 {
      let (rate, y) = (Double(highest) * Double(part) / 4, y(Double(highest) * Double(part) / 4))
      drawing.line(Self.left, y, Self.right, y, "#ddd")
      drawing.text(Self.left - 8, y + 4, Drawing.number(rate), anchor: "end")
    }
    for part in 0...6 {
      let second = Double(seconds) * Double(part) / 6
      drawing.text(x(second), Self.bottom + 18, Drawing.number(second.rounded()) + " s")
    }
    drawing.line(x(measuredFrom), Self.top, x(measuredFrom), Self.bottom, "#999")
    for line in lines {
      let points = line.counts.prefix(seconds).enumerated().map { second, count in
        (x: x(Double(second) + 0.5), y: y(Double(count)))
      }
      drawing.curve(points, line.colour)
    }
    drawing.legend(lines.map { ($0.name, $0.colour) }, left: Self.left, y: Self.height - 20, step: 150)
    return drawing
  }

  private func x(_ second: Double) -> Double {
    Self.left + second / Double(max(1, seconds)) * (Self.right - Self.left)
  }

  private func y(_ rate: Double) -> Double {
    Self.bottom - rate / Double(highest) * (Self.bottom - Self.top)
  }
}
