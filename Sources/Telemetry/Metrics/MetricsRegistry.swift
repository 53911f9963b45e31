public import CoreMetrics
import Synchronization

/// The metrics backend of the process: keeps every series in memory and writes them as Prometheus text.
///
/// Counters and gauges are one atomic each; a timer is a histogram in seconds. A label that Prometheus would not take has its
/// other characters replaced by `_`. At most `seriesLimit` series are kept, so that a label that grows without bound costs
/// accuracy, not memory: what comes later is counted in `usher_telemetry_series_refused_total` and goes nowhere.
public final class MetricsRegistry: MetricsFactory {
  /// The most series there are: 10,000.
  public static let seriesLimit = 10_000

  private struct State {
    var series: [SeriesKey: any Series] = [:]
    var refused = 0
  }

  private let state = Mutex(State())

  /// An empty registry. Give it to `MetricsSystem.bootstrap` once.
  public init() {}

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

  /// A histogram in seconds; its name should end in `_seconds`.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions) { HistogramSeries(bounds: HistogramSeries.secondBounds, scale: 1e-9) }
      ?? NOOPMetricsHandler.instance
  }

  /// Series live as long as the registry: a counter that came back at 0 would read as a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// See `destroyCounter`.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// See `destroyCounter`.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// See `destroyCounter`.
  public func destroyTimer(_ handler: any TimerHandler) {}

  /// Every series in the Prometheus text format, version 0.0.4, sorted by name and labels.
  public func prometheusText() -> String {
    let (series, refused) = state.withLock { ($0.series, $0.refused) }
    var writer = PrometheusWriter()
    var family = ""
    for (key, value) in series.sorted(by: { $0.key < $1.key }) {
      if key.name != family {
        family = key.name
        writer.family(family, type: value.prometheusType)
      }
      value.write(key, to: &writer)
    }
    let key = SeriesKey(label: "usher_telemetry_series_refused_total", dimensions: [])
    writer.family(key.name, type: "counter")
    writer.sample(key.name, labels: key.labels, value: Double(refused))
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
