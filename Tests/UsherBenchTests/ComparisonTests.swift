import Testing

@testable import usher_bench

@Suite struct ComparisonTests {
  private func figure(_ runs: [Double], _ better: Figure.Better = .lower, name: String = "n") throws -> Figure {
    try #require(Figure(name, "ms", better, runs))
  }

  private func verdict(
    _ old: [Double], _ new: [Double], _ better: Figure.Better = .lower, tolerance: Double = 0.1
  ) throws -> Comparison.Verdict? {
    Comparison(baseline: [try figure(old, better)], result: [try figure(new, better)], tolerance: tolerance)
      .lines.first?.verdict
  }

  @Test func aFigureIsTheMedianAndTheEnds() throws {
    let figure = try figure([3, 1, 2, 9])
    #expect((figure.median, figure.lowest, figure.highest) == (2, 1, 9))
    #expect(figure.runs == 4)
    #expect(Figure("n", "ms", .lower, []) == nil)
    #expect(Figure("n", "ms", .lower, [.nan]) == nil)
  }

  @Test func slowerBeyondToleranceAndBothSpreads() throws {
    #expect(try verdict([10, 10.1, 10.2], [12, 12.1, 12.2]) == .slower)
    #expect(try verdict([12, 12.1, 12.2], [10, 10.1, 10.2]) == .faster)
    #expect(try verdict([100, 101], [120, 121], .higher) == .faster)
    #expect(try verdict([120, 121], [100, 101], .higher) == .slower)
  }

  @Test func withinTheToleranceNothingChanged() throws {
    #expect(try verdict([10, 10, 10], [10.9, 10.9, 10.9]) == .same)
    #expect(try verdict([10, 10, 10], [10.9, 10.9, 10.9], tolerance: 0.05) == .slower)
  }

  @Test func withinASpreadNothingChanged() throws {
    // The baseline itself was as slow in one of its runs, or the result as fast in one of its.
    #expect(try verdict([10, 10, 15], [14, 14, 14]) == .same)
    #expect(try verdict([10, 10, 10], [9, 14, 14]) == .same)
  }

  @Test func whatOnlyOneHasIsNewOrGone() throws {
    let comparison = Comparison(
      baseline: [try figure([1], name: "old"), try figure([1], name: "both")],
      result: [try figure([1], name: "both"), try figure([1], name: "young")], tolerance: 0.1)
    #expect(comparison.lines.map(\.verdict) == [.same, .new, .gone])
    #expect(comparison.isMeaningful)
    #expect(comparison.slower.isEmpty)
    #expect(!Comparison(baseline: [], result: [try figure([1])], tolerance: 0.1).isMeaningful)
  }

  @Test func fromNothingToSomethingIsSlower() throws {
    #expect(try verdict([0, 0], [1, 1]) == .slower)
    #expect(try verdict([0, 0], [0, 0]) == .same)
  }

  @Test func aBaselineIsRenewedForItsBenchmarkAlone() throws {
    func report(_ benchmark: String, _ seed: String) -> StoredReport {
      StoredReport(
        benchmark: benchmark, machine: .now(), versions: [:], settings: ["seed": seed], figures: [])
    }
    var file = BaselineFile(reports: [report("load", "1"), report("queue", "1")])
    file.renew(report("load", "2"))
    file.renew(report("fanout", "3"))
    #expect(file.reports.map(\.benchmark) == ["fanout", "load", "queue"])
    #expect(file.report("load")?.settings["seed"] == "2")
    let warnings = report("load", "2").warnings(beside: report("load", "1"))
    #expect(warnings.contains("seed was '1' and is '2'"))
  }
}
