import Foundation

/// A number that was promised, with what was measured.
struct Target: Sendable, Encodable {
  /// What was measured.
  let name: String
  /// The number.
  let measured: Double
  /// What it must be.
  let bound: Bound
  /// The unit of both, empty for a ratio.
  let unit: String

  enum Bound: Sendable {
    case atLeast(Double)
    case atMost(Double)
    case below(Double)
    case within(ClosedRange<Double>)
  }

  init(_ name: String, _ measured: Double, _ bound: Bound, _ unit: String = "") {
    self.name = name
    self.measured = measured
    self.bound = bound
    self.unit = unit
  }

  var isMet: Bool {
    switch bound {
    case .atLeast(let least): measured >= least
    case .atMost(let most): measured <= most
    case .below(let limit): measured < limit
    case .within(let range): range.contains(measured)
    }
  }

  /// What was measured, a ratio to three decimals.
  private var readable: String {
    unit.isEmpty ? String(format: "%.3f", measured) : "\(measured.readable) \(unit)"
  }

  /// All of them, for people.
  static func table(_ targets: [Target]) -> Table {
    var table = Table("targets", ["promised", "measured", "target", "met"])
    for target in targets {
      let unit = target.unit.isEmpty ? "" : " " + target.unit
      table.add([
        target.name, target.readable, target.bound.description + unit, target.isMet ? "yes" : "NO",
      ])
    }
    return table
  }

  private enum CodingKeys: String, CodingKey {
    case name, measured, target, unit, isMet
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(measured, forKey: .measured)
    try container.encode(bound.description, forKey: .target)
    try container.encode(unit, forKey: .unit)
    try container.encode(isMet, forKey: .isMet)
  }
}

extension Target.Bound: CustomStringConvertible {
  var description: String {
    switch self {
    case .atLeast(let least): ">= \(least.readable)"
    case .atMost(let most): "<= \(most.readable)"
    case .below(let limit): "< \(limit.readable)"
    case .within(let range): "\(range.lowerBound.readable)..\(range.upperBound.readable)"
    }
  }
}
