import Foundation

/// The latencies of a steady load as a drawing in SVG: from left to right the part of the deliveries, each nine as wide as
/// the one before; from bottom to top how long they took, each power of ten as high as the one before.
struct LatencyPlot {
  /// A line, by name and colour.
  struct Line {
    let name: String
    let colour: String
    let curve: LatencyCurve
  }

  let title: String
  let lines: [Line]
  /// A promise: so many milliseconds at so much of the deliveries.
  let promise: (part: Double, milliseconds: Double)

  private static let parts = [0.5, 0.9, 0.99, 0.999, 0.9999]
  private static let (width, height) = (720.0, 400.0)
  private static let (left, right, top, bottom) = (70.0, 690.0, 50.0, 340.0)
  /// Nines that are drawn, and from a tenth of a millisecond up to where the highest line needs it.
  private static let nines = 4.3
  private static let lowest = 0.1

  private var highest: Double {
    let most = lines.map { milliseconds($0.curve, Self.part(nines: Self.nines)) }.max() ?? 1
    return pow(10, max(2, log10(most).rounded(.up)))
  }

  var svg: String {
    var body: [String] = []
    body.append(text(Self.left, 24, title, size: 15, anchor: "start"))
    for part in Self.parts {
      let x = x(part)
      body.append(line(x, Self.top, x, Self.bottom, "#ddd"))
      body.append(text(x, Self.bottom + 18, "p" + number(part * 100)))
    }
    var level = Self.lowest
    while level <= highest * 1.01 {
      let y = y(level)
      body.append(line(Self.left, y, Self.right, y, "#ddd"))
      body.append(text(Self.left - 8, y + 4, number(level) + " ms", anchor: "end"))
      level *= 10
    }
    let (x, y) = (x(promise.part), y(promise.milliseconds))
    body.append(#"<path d="M\#(short(x - 6)) \#(short(y))h12" stroke="crimson" stroke-width="3"/>"#)
    let promised = "p\(number(promise.part * 100)) at most \(number(promise.milliseconds)) ms"
    body.append(text(x + 10, y + 4, promised, anchor: "start", colour: "crimson"))
    for (index, line) in lines.enumerated() {
      body.append(#"<polyline fill="none" stroke="\#(line.colour)" stroke-width="2" points="\#(points(line.curve))"/>"#)
      let place = Self.left + Double(index) * 150
      body.append(
        #"<path d="M\#(short(place)) \#(short(Self.height - 20))h24" stroke="\#(line.colour)" stroke-width="2"/>"#)
      body.append(text(place + 30, Self.height - 16, line.name, anchor: "start"))
    }
    let size = "\(number(Self.width)) \(number(Self.height))"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" font-family="sans-serif">
      <rect width="100%" height="100%" fill="#fff"/>
      \(body.joined(separator: "\n"))
      </svg>

      """
  }

  private func points(_ curve: LatencyCurve) -> String {
    stride(from: 0, through: Self.nines, by: 0.05).map { nines in
      let part = Self.part(nines: nines)
      return "\(short(x(part))),\(short(y(milliseconds(curve, part))))"
    }.joined(separator: " ")
  }

  private func milliseconds(_ curve: LatencyCurve, _ part: Double) -> Double {
    max(Self.lowest, Double(curve.percentile(part)) / 1_000)
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

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    #"<path d="M\#(short(x1)) \#(short(y1))L\#(short(x2)) \#(short(y2))" stroke="\#(colour)"/>"#
  }

  private func text(
    _ x: Double, _ y: Double, _ words: String, size: Int = 12, anchor: String = "middle", colour: String = "#333"
  ) -> String {
    #"<text x="\#(short(x))" y="\#(short(y))" font-size="\#(size)" text-anchor="\#(anchor)" fill="\#(colour)">\#(words)</text>"#
  }

  private func short(_ value: Double) -> String { String(format: "%.1f", value) }

  private func number(_ value: Double) -> String { String(format: "%g", value) }
}

extension SteadyMeasurement.Results {
  /// The median runs.
  var plot: LatencyPlot {
    LatencyPlot(
      title: "From the event to the client: \(sockets.readable) sockets, \(rate) events/s of \(BenchEvent.size) bytes",
      lines: [
        .init(name: "Usher", colour: "#06c", curve: Self.median(usher).curve),
        .init(name: "floor, bare C", colour: "#999", curve: Self.median(floor).curve),
      ],
      promise: (part: 0.99, milliseconds: 13))
  }
}
