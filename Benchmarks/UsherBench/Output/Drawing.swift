import Foundation

/// Lines and words in SVG.
struct Drawing {
  /// Everything so far.
  private(set) var body: [String] = []

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1) {
    body.append(
      #"<path d="M\#(Self.short(x1)) \#(Self.short(y1))L\#(Self.short(x2)) \#(Self.short(y2))" stroke="\#(colour)" "#
        + #"stroke-width="\#(Self.number(width))"/>"#)
  }

  mutating func text(
    _ x: Double, _ y: Double, _ words: String, size: Int = 12, anchor: String = "middle", colour: String = "#333"
  ) {
    body.append(
      #"<text x="\#(Self.short(x))" y="\#(Self.short(y))" font-size="\#(size)" text-anchor="\#(anchor)" "#
        + #"fill="\#(colour)">\#(words)</text>"#)
  }

  mutating func curve(_ points: [(x: Double, y: Double)], _ colour: String) {
    let places = points.map { "\(Self.short($0.x)),\(Self.short($0.y))" }.joined(separator: " ")
    body.append(#"<polyline fill="none" stroke="\#(colour)" stroke-width="2" points="\#(places)"/>"#)
  }

  /// Names and colours of the curves from left to right, `step` apart.
  mutating func legend(_ names: [(name: String, colour: String)], left: Double, y: Double, step: Double) {
    for (index, entry) in names.enumerated() {
      let place = left + Double(index) * step
      line(place, y, place + 24, y, entry.colour, width: 2)
      text(place + 30, y + 4, entry.name, anchor: "start")
    }
  }

  /// A drawing below this one, so far down.
  mutating func add(_ drawing: Drawing, down: Double) {
    body.append(#"<g transform="translate(0 \#(Self.short(down)))">"#)
    body += drawing.body
    body.append("</g>")
  }

  /// The file.
  func svg(width: Double, height: Double) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" font-family="sans-serif">
    <rect width="100%" height="100%" fill="#fff"/>
    \(body.joined(separator: "\n"))
    </svg>

    """
  }

  static func short(_ value: Double) -> String { String(format: "%.1f", value) }

  static func number(_ value: Double) -> String { String(format: "%g", value) }
}
