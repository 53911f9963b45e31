import Histogram

extension LoadResults {
  private static let colours: [LoadAction: String] = [
    .publish: "#06c", .screen: "#c30", .claimNext: "#080", .start: "#a0a", .complete: "#c80", .bare: "#999",
  ]
  private static let names: [LoadAction: String] = [.publish: "to confirm", .screen: "to screen", .bare: "bare"]

  /// The latencies, and the rates over the time of the run.
  var svg: String {
    let title =
      "\(Drawing.number(plan.requestRate)) requests/s, \(plan.employees) employees, \(plan.viewers) viewers, "
      + "\(Drawing.number(plan.seconds)) s: from when it was due"
    let latencies = LatencyPlot(
      title: title,
      lines: LoadAction.allCases.compactMap { action in
        guard let histogram = tally.latencies[action]?.whole, histogram.totalCount > 0 else { return nil }
        return LatencyPlot.Line(
          name: Self.names[action] ?? action.rawValue, colour: Self.colours[action] ?? "#333",
          percentile: { histogram.valueAtPercentile($0 * 100) })
      },
      legendStep: 104)
    let colours: [RateTimeline.Series: String] = [
      .offered: "#999", .confirmed: "#06c", .onScreen: "#c30", .completed: "#c80",
    ]
    let rates = RatePlot(
      title: "requests, each second", seconds: Int(plan.total.rounded(.up)),
      lines: RateTimeline.Series.allCases.map {
        RatePlot.Line(name: $0.rawValue, colour: colours[$0] ?? "#333", counts: tally.timeline.counts[$0] ?? [])
      },
      measuredFrom: plan.warmUp)
    var drawing = latencies.drawing
    drawing.add(rates.drawing, down: LatencyPlot.height)
    return drawing.svg(width: LatencyPlot.width, height: LatencyPlot.height + RatePlot.height)
  }
}
