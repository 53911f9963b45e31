/// What is known of a metric before any of its series is there: what the metrics page says above its samples.
public struct MetricDescription: Hashable, Sendable {
  /// What its samples are.
  public enum Kind: Hashable, Sendable {
    /// A number that only grows while the process lives.
    case counter
    /// A number that goes up and down.
    case gauge
    /// Counts by size, in buckets up to each of these bounds, which ascend, and one above.
    case histogram(bounds: [Double])

    /// Seconds of a computer's work: 100 us to 10 s.
    public static let latency = Kind.histogram(bounds: HistogramSeries.secondBounds)
    /// Seconds of people's time: 5 s to 8 h.
    public static let patience = Kind.histogram(bounds: [
      5, 15, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 7_200, 14_400, 28_800,
    ])

    var prometheusType: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  /// The name, with the unit and, of a counter, `_total` at its end.
  public let name: String
  /// What its samples are.
  public let kind: Kind
  /// One sentence, without backslashes and line breaks.
  public let help: String

  /// A metric of that name and kind.
  public init(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }
}
