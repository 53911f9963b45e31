public import CoreMetrics
import Synchronization

/// The metrics backend of the process: keeps every series in memory and writes them as Prometheus text.
///
/// Counters and gauges are one atomic each; a timer is a histogram in seconds. A label that Prometheus would not take has its
/// other characters replaced by `_`. At most `seriesLimit` series are kept, so that a label that grows without bound costs
/// accuracy, not memory: what comes later is counted in `usher_telemetry_series_refused_total` and goes nowhere.
///
/// A metric that was described is on the page with its type and help from the start, before its first sample.
public final class MetricsRegistry: MetricsFactory {
  /// The most series there are: 10,000.
  public static let seriesLimit = 10_000

  private struct State {
    var series: [SeriesKey: any Series] = [:]
    var refused = 0
  }

  private static let refusals = MetricDescription(
    "usher_telemetry_series_refused_total", .counter,
    "Uses of series that were not kept because the process has 10000 already")

  private let descriptions: [String: MetricDescription]
  private let state = Mutex(State())

  /// A registry without series. Give it to `MetricsSystem.bootstrap` once. Of two descriptions of one metric the first counts.
  public init(_ descriptions: [MetricDescription] = []) {
    self.descriptions = Dictionary(
      (descriptions + [Self.refusals]).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A counter; its name should end in `_total`.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions) { CounterSeries() } ?? NOOPMetricsHandler.instance
  }

  /// A value that goes up and down.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance
  }

  /// With `aggregate` a histogram, without it the last value.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return series(label, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance }
    return series(label, dimensions) { HistogramSeries(bounds: HistogramSeries.countBounds, scale: 1) }
      ?? NOOPMetricsHandler.instance
  }

  /// A histogram in seconds; its name should end in `_seconds`. Its buckets are those of its description.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    var bounds = HistogramSeries.secondBounds
    if case .histogram(let described) = descriptions[label]?.kind { bounds = described }
    return series(label, dimensions) { HistogramSeries(bounds: bounds, scale: 1e-9) } ?? NOOPMetricsHandler.instance
  }

  /// Series live as long as the registry: a counter that came back at 0 would read as a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// See `destroyCounter`.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// See `destroyCounter`.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// See `destroyCounter`.
  public func destroyTimer(_ handler: any TimerHandler) {}

  /// Every metric in the Prometheus text format, version 0.0.4, sorted by name and labels.
  public func prometheusText() -> String {
    let (series, refused) = state.withLock { ($0.series, $0.refused) }
    let families = Dictionary(grouping: series) { $0.key.name }
    var writer = PrometheusWriter()
    for name in Set(families.keys).union(descriptions.keys).sorted() {
      let lines = (families[name] ?? []).sorted { $0.key < $1.key }
      let description = descriptions[name]
      guard let type = lines.first?.value.prometheusType ?? description?.kind.prometheusType else { continue }
      writer.family(name, type: type, help: description?.help)
      for (key, value) in lines { value.write(key, to: &writer) }
      if name == Self.refusals.name { writer.sample(name, labels: "", value: Double(refused)) }
    }
    return writer.text
  }

  /// The series of that name and labels, made if there is none; nil when there are too many, or it is of another type.
  private func series<S: Series>(_ label: String, _ dimensions: [(String, String)], make: () -> S) -> S? {
    let key = SeriesKey(label: label, dimensions: dimensions)
    return state.withLock { state in
      if let existing = state.series[key] { return existing as? S }
      guard state.series.count < Self.seriesLimit else {
        state.refused += 1
        return nil
      }
      let made = make()
      state.series[key] = made
      return made
    }
  }
}

/// A name with its labels, as Prometheus takes them.
struct SeriesKey: Hashable, Comparable, Sendable {
  let name: String
  /// `key="value",...`, sorted and escaped, without braces.
  let labels: String

  init(label: String, dimensions: [(String, String)]) {
    name = Self.sanitized(label)
    labels = dimensions.map { "\(Self.sanitized($0.0))=\"\(Self.escaped($0.1))\"" }.sorted().joined(separator: ",")
  }

  private static func sanitized(_ text: String) -> String {
    var out = [UInt8]()
    for byte in text.utf8 {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      if isDigit && out.isEmpty { out.append(UInt8(ascii: "_")) }
      out.append(isDigit || isLetter ? byte : UInt8(ascii: "_"))
    }
    return out.isEmpty ? "_" : String(decoding: out, as: UTF8.self)
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n": out += "\\n"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  static func < (a: SeriesKey, b: SeriesKey) -> Bool { (a.name, a.labels) < (b.name, b.labels) }
}
