import Telemetry

/// Every metric that the parts make, with its help, so that the page shows what there is. `docs/metrics.md` says the same, with labels;
/// `test_metrics.py` holds the two together. `Telemetry` describes what it makes itself.
enum MetricCatalogue {
  static let all =
    process + queues + broker + brokerElsewhere + gateway + intake + eventsOut + store + passwords

  /// The process.
  static let process: [MetricDescription] = [
    .init("usher_build_info", .gauge, "1; its label tells the version of the program"),
    .init(
      "usher_dependency_ready", .gauge,
      "1 when the readiness probe finds the dependency ready, 0 when not; asked every 5 seconds"),
    .init(
      "usher_keyset_enabled_keys", .gauge,
      "Keys of the keyset in use that open values; more than one during a rotation"),
    .init(
      "usher_keyset_failures_total", .counter, "Changed keysets that could not be used; the one before stays in use"),
  ]
}
