import Reactor
import Testing

@testable import UserStore

struct ConnectionStateTests {
  let start = ContinuousClock.now

  func state(limit: Int = 3) -> ConnectionState<Int> {
    ConnectionState(
      policy: Backoff(base: .seconds(1), limit: .seconds(4)), limit: limit, waitTimeout: .seconds(5))
  }

  @Test func firstRequestConnects() {
    var state = state()
    guard case .wait(connect: true) = state.submit(1, inFlight: 0, now: start) else {
      Issue.record("the first must connect")
      return
    }
    guard case .wait(connect: false) = state.submit(2, inFlight: 0, now: start) else {
      Issue.record("the second must wait")
      return
    }
    #expect(state.connected() == [1, 2] && state.phase == .ready)
    guard case .send(3) = state.submit(3, inFlight: 2, now: start) else {
      Issue.record("a ready connection sends")
      return
    }
  }

  @Test func refusesBeyondTheLimit() {
    var state = state()
    _ = state.submit(1, inFlight: 0, now: start)
    _ = state.submit(2, inFlight: 0, now: start)
    guard case .refuse(4, .overloaded) = state.submit(4, inFlight: 1, now: start) else {
      Issue.record("three are the limit")
      return
    }
  }

  @Test func waitingExpires() {
    var state = state()
    _ = state.submit(1, inFlight: 0, now: start)
    _ = state.submit(2, inFlight: 0, now: start + .seconds(1))
    #expect(state.expire(now: start + .seconds(4)) == [])
    #expect(state.expire(now: start + .seconds(5)) == [1])
    #expect(state.nextDeadline == start + .seconds(6))
  }

  @Test func backsOffAndComesBack() {
    var state = state()
    #expect(state.start() && !state.start())
    #expect(state.broken(random: 1) == .seconds(1))
    #expect(state.phase == .backingOff && state.retryDue() && !state.retryDue())
    #expect(state.broken(random: 1) == .seconds(2) && state.retryDue())
    #expect(state.connected() == [] && state.failures == 0)
    #expect(state.broken(random: 1) == .seconds(1))
  }

  @Test func closes() {
    var state = state()
    _ = state.submit(1, inFlight: 0, now: start)
    #expect(state.close() == [1])
    #expect(state.broken(random: 0) == nil && !state.retryDue() && state.connected() == [])
    guard case .refuse(2, .unavailable) = state.submit(2, inFlight: 0, now: start) else {
      Issue.record("a closed connection refuses")
      return
    }
  }
}

struct PipelineBookTests {
  typealias Book = PipelineBook<String>
  let refusal = SQLFailure.refused(sqlState: "22000", detail: "")

  func result(_ byte: UInt8) -> SQLResult {
    SQLResult(columns: 1, bytes: [byte], cells: [SQLResult.Cell(offset: 0, length: 1)])
  }

  func end(_ action: Book.Action) -> (done: [String: String], skipped: [String], unprepared: [String])? {
    guard case .segmentEnded(let done, let skipped, let unprepared) = action else { return nil }
    let texts = done.map { request, result in
      switch result {
      case .success(let results): (request, "\(results.map { $0.bytes.first.map(Int.init) ?? -1 })")
      case .failure: (request, "failed")
      }
    }
    return (Dictionary(uniqueKeysWithValues: texts), skipped, unprepared)
  }

  func isNone(_ action: Book.Action) -> Bool { if case .none = action { true } else { false } }
  func isConfused(_ action: Book.Action) -> Bool { if case .confused = action { true } else { false } }

  @Test func answersCountOnlyWithTheSync() {
    var book = Book()
    book.begin("a", statements: 2)
    book.sentPrepare("p")
    book.sentStatement()
    book.sentStatement()
    book.begin("b", statements: 1)
    book.sentStatement()
    #expect(book.hasOpenSegment)
    book.sentSync()
    #expect(!book.hasOpenSegment && book.count == 2)
    #expect(isNone(book.received(.result(.empty))))
    for byte in 1...3 { #expect(isNone(book.received(.result(result(UInt8(byte)))))) }
    let ended = end(book.received(.sync))
    #expect(ended?.done == ["a": "[1, 2]", "b": "[3]"] && ended?.skipped == [] && book.count == 0)
  }

  @Test func oneFailureSkipsTheRestOfItsSegmentAlone() {
    var book = Book()
    for name in ["a", "b", "c"] {
      book.begin(name, statements: 1)
      if name == "c" { book.sentPrepare("pc") }
      book.sentStatement()
    }
    book.sentSync()
    book.begin("d", statements: 1)
    book.sentStatement()
    book.sentSync()
    _ = book.received(.result(result(1)))
    _ = book.received(.failure(refusal))
    _ = book.received(.aborted)
    _ = book.received(.aborted)
    let first = end(book.received(.sync))
    #expect(first?.done == ["a": "[1]", "b": "failed"] && first?.skipped == ["c"] && first?.unprepared == ["pc"])
    _ = book.received(.result(result(4)))
    #expect(end(book.received(.sync))?.done == ["d": "[4]"])
  }

  @Test func failureInAGroupFailsTheGroup() {
    var book = Book()
    book.begin("a", statements: 3)
    for _ in 0..<3 { book.sentStatement() }
    book.sentSync()
    _ = book.received(.result(result(1)))
    _ = book.received(.failure(refusal))
    _ = book.received(.aborted)
    #expect(end(book.received(.sync))?.done == ["a": "failed"])
  }

  @Test func failedPreparationFailsItsRequest() {
    var book = Book()
    book.begin("a", statements: 1)
    book.sentStatement()
    book.begin("b", statements: 1)
    book.sentPrepare("p")
    book.sentStatement()
    book.sentSync()
    _ = book.received(.result(result(1)))
    _ = book.received(.failure(refusal))
    _ = book.received(.aborted)
    let ended = end(book.received(.sync))
    #expect(ended?.done == ["a": "[1]", "b": "failed"] && ended?.unprepared == ["p"])
  }

  @Test func whoReliedOnAFailedPreparationIsSentAgain() {
    var book = Book()
    book.begin("a", statements: 1)
    book.sentStatement()
    book.sentSync()
    _ = book.received(.failure(.refused(sqlState: SQLState.undefinedStatement, detail: "")))
    let ended = end(book.received(.sync))
    #expect(ended?.done == [:] && ended?.skipped == ["a"])
  }

  @Test func failedCommitFailsEverything() {
    var book = Book()
    book.begin("a", statements: 1)
    book.sentStatement()
    book.sentSync()
    _ = book.received(.result(result(1)))
    #expect(isNone(book.received(.failure(refusal))))
    #expect(end(book.received(.sync))?.done == ["a": "failed"])
  }

  @Test func abandonNamesAllInFlight() {
    var book = Book()
    for name in ["a", "b"] {
      book.begin(name, statements: 1)
      book.sentStatement()
      book.sentSync()
    }
    _ = book.received(.result(result(1)))
    #expect(book.abandon() == ["a", "b"] && book.count == 0)
    #expect(isConfused(book.received(.sync)))
  }

  @Test func whatWasNotAskedForConfuses() {
    var book = Book()
    book.begin("a", statements: 1)
    book.sentStatement()
    #expect(isConfused(book.received(.sync)))
  }
}
