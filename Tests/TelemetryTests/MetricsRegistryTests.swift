import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct MetricsRegistryTests {
  @Test func countersGaugesAndHistogramsAreWrittenAsPrometheusReadsThem() {
    let registry = MetricsRegistry()
    registry.makeCounter(label: "usher_x_total", dimensions: [("kind", "a\"b")]).increment(by: 3)
    let gauge = registry.makeMeter(label: "usher_open", dimensions: [])
    gauge.increment(by: 5)
    gauge.decrement(by: 1.5)
    let timer = registry.makeTimer(label: "usher_wait_seconds", dimensions: [("op", "x")])
    timer.recordNanoseconds(2_000_000)
    timer.recordNanoseconds(20_000_000_000)
    let text = registry.prometheusText()
    #expect(text.contains("# TYPE usher_x_total counter\nusher_x_total{kind=\"a\\\"b\"} 3\n"))
    #expect(text.contains("# TYPE usher_open gauge\nusher_open 3.5\n"))
    #expect(text.contains("usher_wait_seconds_bucket{op=\"x\",le=\"0.001\"} 0\n"))
    #expect(text.contains("usher_wait_seconds_bucket{op=\"x\",le=\"0.0025\"} 1\n"))
    #expect(text.contains("usher_wait_seconds_bucket{op=\"x\",le=\"+Inf\"} 2\n"))
    #expect(text.contains("usher_wait_seconds_count{op=\"x\"} 2\n"))
  }

  @Test func whatIsDescribedHasItsHelpAndItsBuckets() {
    let registry = MetricsRegistry([
      .init("usher_later_total", .counter, "Comes later"), .init("usher_wait_seconds", .patience, "How long"),
    ])
    #expect(
      registry.prometheusText().contains("# HELP usher_later_total Comes later\n# TYPE usher_later_total counter\n#"))
    let timer = registry.makeTimer(label: "usher_wait_seconds", dimensions: [])
    timer.recordNanoseconds(4_000_000_000_000)
    let text = registry.prometheusText()
    #expect(text.contains("# HELP usher_wait_seconds How long\n# TYPE usher_wait_seconds histogram\n"))
    #expect(text.contains("usher_wait_seconds_bucket{le=\"3600\"} 0\nusher_wait_seconds_bucket{le=\"7200\"} 1\n"))
  }

  @Test func oneNameAndLabelsIsOneSeries() {
    let registry = MetricsRegistry()
    registry.makeCounter(label: "a.b", dimensions: [("x", "1"), ("y", "2")]).increment(by: 1)
    registry.makeCounter(label: "a.b", dimensions: [("y", "2"), ("x", "1")]).increment(by: 1)
    #expect(registry.prometheusText().contains("a_b{x=\"1\",y=\"2\"} 2\n"))
  }

  @Test func seriesAreBounded() {
    let registry = MetricsRegistry()
    for index in 0..<MetricsRegistry.seriesLimit + 7 {
      registry.makeCounter(label: "c_total", dimensions: [("id", String(index))]).increment(by: 1)
    }
    #expect(registry.prometheusText().contains("usher_telemetry_series_refused_total 7\n"))
  }

  @Test func theProcessTellsItsMemoryAndDescriptors() {
    let text = ProcessMetrics.prometheusText()
    for name in [
      "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
      "process_threads",
      "process_start_time_seconds",
    ] {
      #expect(text.contains("\n\(name) "), "\(name)")
    }
  }
}
