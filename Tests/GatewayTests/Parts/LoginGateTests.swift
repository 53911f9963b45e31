import Testing

@testable import Gateway
@testable import UserStore

@Suite struct LoginGateTests {
  @Test func aPlaceHasSoManyFailures() {
    var gate = LoginGate(burst: 2)
    for name in ["ann", "bob"] {
      #expect(gate.begin(name: name, place: "p", now: 0) == nil)
      gate.ended(name: name, place: "p", .failed, now: 0)
    }
    #expect(gate.begin(name: "eve", place: "p", now: 0) == 1)
    #expect(gate.begin(name: "eve", place: "q", now: 0) == nil, "elsewhere")
    #expect(gate.begin(name: "eve", place: "p", now: 300) == nil, "five come back in a second")
    gate.ended(name: "eve", place: "p", .succeeded, now: 300)
    #expect(gate.begin(name: "eve", place: "p", now: 300) == nil, "a success costs nothing")
  }

  @Test func whatTheStoreSaidIsRememberedForThatPairAlone() {
    var gate = LoginGate(burst: 100)
    #expect(gate.begin(name: "ann", place: "p", now: 0) == nil)
    gate.ended(name: "ann", place: "p", .throttled(4), now: 0)
    #expect(gate.begin(name: "ANN", place: "p", now: 500) == 4)
    #expect(gate.begin(name: "ann", place: "q", now: 500) == nil)
    #expect(gate.begin(name: "bob", place: "p", now: 500) == nil)
    #expect(gate.begin(name: "ann", place: "p", now: 4_000) == nil, "never for good")
  }

  @Test func aNameIsTriedByFewAtOneMoment() {
    var gate = LoginGate(burst: 100)
    for place in 0..<LoginGate.mostAtOnce { #expect(gate.begin(name: "ann", place: "\(place)", now: 0) == nil) }
    #expect(gate.begin(name: "Ann", place: "x", now: 0) == 1)
    #expect(gate.begin(name: "bob", place: "x", now: 0) == nil)
    gate.ended(name: "ann", place: "0", .unknown, now: 0)
    #expect(gate.begin(name: "ann", place: "x", now: 0) == nil)
  }

  @Test func withoutANameAllAreLetThroughAndFailuresCount() {
    var gate = LoginGate(burst: 2)
    for _ in 0..<(2 * LoginGate.mostAtOnce) { #expect(gate.begin(name: nil, place: "p", now: 0) == nil, "all at once") }
    for _ in 0..<(2 * LoginGate.mostAtOnce) { gate.ended(name: nil, place: "p", .succeeded, now: 0) }
    gate.ended(name: nil, place: "p", .throttled(900), now: 0)
    #expect(gate.begin(name: nil, place: "p", now: 0) == nil, "a good link behind the same address is let through")
    gate.ended(name: nil, place: "p", .failed, now: 0)
    #expect(gate.begin(name: nil, place: "p", now: 0) == nil)
    #expect(gate.begin(name: "ann", place: "p", now: 0) == 1, "one count for both")
  }

  @Test func theTablesAreBounded() {
    var gate = LoginGate(burst: 1)
    for number in 0..<(2 * LoginGate.capacity + 2) {
      _ = gate.begin(name: "n\(number)", place: "p\(number)", now: 0)
      gate.ended(name: "n\(number)", place: "p\(number)", .throttled(900), now: 0)
    }
    #expect(gate.begin(name: "n0", place: "p0", now: 0) == nil, "forgotten here, counted in the store")
  }

  @Test func outcomesOfTheStore() {
    func outcome(_ code: UserStoreError.Code) -> LoginGate.Outcome {
      .init(UserStoreError(code, "", retryAfter: code == .throttled ? 7 : nil))
    }
    for code in [UserStoreError.Code.invalidCredentials, .linkInvalid] {
      if case .failed = outcome(code) {} else { Issue.record("not failed: \(code)") }
    }
    if case .throttled(7) = outcome(.throttled) {} else { Issue.record("not throttled") }
    for code in [UserStoreError.Code.overloaded, .unavailable, .disabled] {
      if case .unknown = outcome(code) {} else { Issue.record("\(code)") }
    }
  }
}
