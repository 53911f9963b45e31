extension SteadyMeasurement.Results {
  /// The median runs.
  var plot: LatencyPlot {
    LatencyPlot(
      title: "From the event to the client: \(sockets.readable) sockets, \(rate) events/s of \(BenchEvent.size) bytes",
      lines: [
        .init(name: "Usher", colour: "#06c", percentile: Self.median(usher).curve.percentile),
        .init(name: "floor, bare C", colour: "#999", percentile: Self.median(floor).curve.percentile),
      ],
      promise: (part: 0.99, milliseconds: 13))
  }
}
