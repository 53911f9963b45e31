/// Writes the Prometheus text format, version 0.0.4.
struct PrometheusWriter {
  private(set) var text = ""

  mutating func family(_ name: String, type: String, help: String?) {
    if let help { text += "# HELP \(name) \(help)\n" }
    text += "# TYPE \(name) \(type)\n"
  }

  mutating func sample(_ name: String, labels: String, value: Double) {
    text += labels.isEmpty ? "\(name) " : "\(name){\(labels)} "
    text += Self.number(value)
    text += "\n"
  }

  /// Whole numbers without a fraction, all others as Swift writes them, which Prometheus reads.
  static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return String(value)
  }
}
