import Testing

@testable import UserStore

struct ReportLineTests {
  let now = ContinuousClock.now

  @Test func firstComeFirstServed() {
    var line = ReportLine(connections: 2, limit: 3, patience: .seconds(30))
    #expect(line.arrive(now: now) == (1, .run(on: 0)))
    #expect(line.arrive(now: now) == (2, .run(on: 1)))
    #expect(line.arrive(now: now) == (3, .wait))
    #expect(line.arrive(now: now) == (4, .wait))
    #expect(line.holds(2, 1) && !line.holds(2, 0) && !line.holds(3, 1))
    #expect(line.finished(1) == 3)
    #expect(line.holds(3, 1))
    #expect(line.finished(0) == 4)
    #expect(line.finished(0) == nil)
    #expect(line.arrive(now: now) == (5, .run(on: 0)))
  }

  @Test func whoLeavesIsNotServed() {
    var line = ReportLine(connections: 1, limit: 3, patience: .seconds(30))
    for _ in 0..<4 { _ = line.arrive(now: now) }
    #expect(line.arrive(now: now) == (5, .refuse))
    let left = [line.leave(3), line.leave(3), line.leave(1)]
    #expect(left == [true, false, false])
    #expect(line.arrive(now: now) == (6, .wait))
    let next = (0..<4).map { _ in line.finished(0) }
    #expect(next == [2, 4, 6, nil])
  }

  @Test func patienceEnds() {
    var line = ReportLine(connections: 1, limit: 3, patience: .seconds(30))
    _ = line.arrive(now: now)
    #expect(line.nextDeadline == nil)
    _ = line.arrive(now: now)
    _ = line.arrive(now: now + .seconds(1))
    #expect(line.nextDeadline == now + .seconds(30))
    #expect(line.expire(now: now + .seconds(29)) == [])
    #expect(line.expire(now: now + .seconds(30)) == [2])
    #expect(line.finished(0) == 3)
  }

  @Test func everyLaneHasItsConnection() {
    let layouts = (1...5).map { PostgresPool.Layout(connections: $0) }
    #expect(layouts.map(\.history) == [0, 0, 1, 1, 1])
    #expect(layouts.map(\.reports) == [0..<1, 1..<2, 2..<3, 2..<4, 2..<5])
    #expect((0..<2).map(layouts[1].name(of:)) == ["interactive", "reports"])
    #expect((0..<4).map(layouts[3].name(of:)) == ["interactive", "history", "reports", "reports-2"])
  }
}
