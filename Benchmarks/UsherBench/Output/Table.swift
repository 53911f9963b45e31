/// Lines of text in columns under a title: the first to the left, the others to the right.
struct Table: Sendable {
  let title: String
  private var rows: [[String]]
  private var notes: [String] = []

  /// `header` names the columns; every row has as many.
  init(_ title: String, _ header: [String]) {
    self.title = title
    rows = [header]
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  /// A line below the columns.
  mutating func note(_ text: String) { notes.append(text) }

  /// The lines, without a newline at the end.
  var text: String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
    return ([title + ":"] + (lines + notes).map { "  " + $0 }).joined(separator: "\n")
  }
}

extension Double {
  /// With thousands apart, and decimals only where the number is small: `12,345`, `123.4`, `1.23`.
  var readable: String {
    let decimals = self < 10 ? 2 : self < 1_000 ? 1 : 0
    let scale = decimals == 2 ? 100.0 : decimals == 1 ? 10.0 : 1.0
    let scaled = Int((self * scale).rounded())
    guard decimals > 0 else { return scaled.readable }
    let rest = String(scaled % Int(scale))
    return (scaled / Int(scale)).readable + "." + String(repeating: "0", count: decimals - rest.count) + rest
  }
}

extension ClosedRange<Double> {
  var readable: String { "\(lowerBound.readable)..\(upperBound.readable)" }
}

extension BinaryInteger {
  /// With thousands apart: `12,345`. Not below 0.
  var readable: String {
    var digits = Substring(String(self))
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.append(digits.suffix(3))
      digits = digits.dropLast(3)
    }
    return ([digits] + groups.reversed()).joined(separator: ",")
  }
}

extension UInt64 {
  /// Microseconds, told in milliseconds.
  var milliseconds: String { (Double(self) / 1_000).readable }
}
