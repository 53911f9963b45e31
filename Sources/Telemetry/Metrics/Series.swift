import CoreMetrics
import Synchronization

/// One line, or one histogram, of the metrics page.
protocol Series: Sendable {
  var prometheusType: String { get }
  func write(_ key: SeriesKey, to writer: inout PrometheusWriter)
}

final class CounterSeries: Series, CounterHandler {
  private let value = Atomic<Int64>(0)

  var prometheusType: String { "counter" }

  func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
  func reset() { value.store(0, ordering: .relaxed) }

  func write(_ key: SeriesKey, to writer: inout PrometheusWriter) {
    writer.sample(key.name, labels: key.labels, value: Double(value.load(ordering: .relaxed)))
  }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
  private let bits = Atomic<UInt64>(0)

  var prometheusType: String { "gauge" }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func increment(by amount: Double) { add(amount) }
  func decrement(by amount: Double) { add(-amount) }

  private func add(_ amount: Double) {
    var current = bits.load(ordering: .relaxed)
    while true {
      let next = (Double(bitPattern: current) + amount).bitPattern
      let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
      if exchanged { return }
      current = original
    }
  }

  func write(_ key: SeriesKey, to writer: inout PrometheusWriter) {
    writer.sample(key.name, labels: key.labels, value: Double(bitPattern: bits.load(ordering: .relaxed)))
  }
}

final class HistogramSeries: Series, TimerHandler, RecorderHandler {
  /// Upper bounds for durations, in seconds: 100 us to 10 s.
  static let secondBounds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
  /// Upper bounds for sizes and counts.
  static let countBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000, 100_000]

  private struct State {
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let scale: Double
  private let state: Mutex<State>

  /// Buckets up to each of `bounds` and one above; what is recorded is multiplied by `scale` first.
  init(bounds: [Double], scale: Double) {
    self.bounds = bounds
    self.scale = scale
    self.state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  var prometheusType: String { "histogram" }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration)) }
  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) {
    let scaled = value * scale
    let bucket = bounds.firstIndex { scaled <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += scaled
    }
  }

  func write(_ key: SeriesKey, to writer: inout PrometheusWriter) {
    let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
    let comma = key.labels.isEmpty ? "" : ","
    var total: UInt64 = 0
    for (index, count) in counts.enumerated() {
      total += count
      let bound = index < bounds.count ? PrometheusWriter.number(bounds[index]) : "+Inf"
      writer.sample(key.name + "_bucket", labels: "\(key.labels)\(comma)le=\"\(bound)\"", value: Double(total))
    }
    writer.sample(key.name + "_sum", labels: key.labels, value: sum)
    writer.sample(key.name + "_count", labels: key.labels, value: Double(total))
  }
}
