import Testing

@testable import usher_bench

@Suite struct ScheduleTests {
  @Test func arrivalsAreInOrderWithinTheTimeAndNearTheRate() {
    let moments = Array(ArrivalSchedule(rate: 500, seconds: 20, seed: 7))
    #expect(moments == moments.sorted())
    #expect(moments.allSatisfy { $0 < 20_000_000 })
    // Ten thousand on average, with a standard deviation of a hundred.
    #expect((9_500...10_500).contains(moments.count))
  }

  @Test func aSeedGivesTheSameMomentsAndAnotherOthers() {
    let moments = Array(ArrivalSchedule(rate: 50, seconds: 5, seed: 1))
    #expect(moments == Array(ArrivalSchedule(rate: 50, seconds: 5, seed: 1)))
    #expect(moments != Array(ArrivalSchedule(rate: 50, seconds: 5, seed: 2)))
  }

  @Test func arrivalsAreRandomNotEven() {
    let moments = Array(ArrivalSchedule(rate: 100, seconds: 50, seed: 3))
    let gaps = zip(moments, moments.dropFirst()).map { Double($1 - $0) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
    // Of an exponential distribution the deviation is the mean.
    #expect((0.9...1.1).contains(variance.squareRoot() / mean))
  }

  @Test func aWindowHasPartsOfOneLengthAndNothingOutside() {
    let window = LoadWindow(begin: 2_000_000, length: 10_000_000, parts: 5)
    #expect(window.part(of: 1_999_999) == nil)
    #expect(window.part(of: 2_000_000) == 0)
    #expect(window.part(of: 3_999_999) == 0)
    #expect(window.part(of: 4_000_000) == 1)
    #expect(window.part(of: 11_999_999) == 4)
    #expect(window.part(of: 12_000_000) == nil)
  }

  @Test func nineOfTenVisitsAreCompleted() {
    var random = SeededRandom(seed: 5)
    let visits = (0..<20_000).map { _ in VisitPlan.draw(meanHandling: 2, &random) }
    func share(_ course: VisitPlan.Course) -> Double {
      Double(visits.count { $0.course == course }) / Double(visits.count)
    }
    #expect((0.89...0.91).contains(share(.completed)))
    #expect((0.03...0.05).contains(share(.held)))
    #expect((0.02...0.04).contains(share(.returned)))
    #expect((0.02...0.04).contains(share(.noShow)))
    let mean = visits.map(\.handling).reduce(0, +) / Double(visits.count)
    #expect((1.9...2.1).contains(mean))
  }

  @Test func aPlanSaysWhatIsWrongWithIt() throws {
    #expect(try plan().problem == nil)
    #expect(try plan(seconds: 601).problem?.contains("--duration") == true)
    #expect(try plan(seconds: .nan).problem?.contains("--duration") == true)
    #expect(try plan(rate: 0).problem?.contains("--rate") == true)
    #expect(try plan(rate: 10_000, seconds: 600).problem?.contains("requests") == true)
    // A server takes a hundred commands a second by a WebSocket.
    #expect(try plan(claims: 200, employees: 4).problem?.contains("--employees") == true)
  }

  @Test func theVariablesOfAShellAreRead() {
    let text = """
      # What ops/run chose.
      export USHER_QUEUES='front-desk,roadside'
      export USHER_SITE=main
      export ODD='it'\\''s=x'
      not a variable
      """
    #expect(
      ShellVariables.read(text) == ["USHER_QUEUES": "front-desk,roadside", "USHER_SITE": "main", "ODD": "it's=x"])
  }
}
