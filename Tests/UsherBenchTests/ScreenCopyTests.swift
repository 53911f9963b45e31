import ServiceQueue
import Testing

@testable import usher_bench

@Suite struct ScreenCopyTests {
  /// Of nothing, and of `a|5|waiting|1`, `a|5|claimed|2` and `a|9|waiting|1`, by another program's SHA-1.
  private static let (empty, one, claimed, behind) = (
    "000000000000", "49c2c84475fe", "f1c5fc38fb2a", "76237f35b19d"
  )

  private func begun() throws -> ScreenCopy {
    var copy = ScreenCopy()
    try copy.reset(
      try json(#"{"queue":"q","version":4,"epoch":"e","digest":"000000000000","total":0,"services":[]}"#))
    return copy
  }

  private func event(
    _ version: Int, _ type: String, order: Int = 5, state: String = "waiting", of service: Int = 1, queue: String = "q",
    digest: String
  ) throws -> JSONValue {
    try json(
      #"{"type":"\#(type)","queue":"q","version":\#(version),"digest":"\#(digest)","service":{"id":"a","queue":"\#(queue)","#
        + #""order":\#(order),"state":"\#(state)","version":\#(service)}}"#)
  }

  @Test func aCopyFollowsItsQueueAndProvesItself() throws {
    var copy = try begun()
    try copy.apply(try event(5, "service.added", digest: Self.one), offset: 5)
    #expect(copy.digest == Self.one)
    try copy.apply(try event(6, "service.claimed", state: "claimed", of: 2, digest: Self.claimed), offset: 6)
    try copy.apply(try event(7, "service.completed", state: "completed", of: 3, digest: Self.empty), offset: 7)
    #expect(copy.version == 7)
    #expect(copy.isWhole)
  }

  @Test func aServiceThatLeavesForAnotherQueueIsGone() throws {
    var copy = try begun()
    try copy.apply(try event(5, "service.added", digest: Self.one), offset: 5)
    try copy.apply(try event(6, "service.transferred", of: 2, queue: "other", digest: Self.empty), offset: 6)
  }

  @Test func aGapChangesNothing() throws {
    var copy = try begun()
    #expect(throws: ScreenCopy.Fault.gap) {
      try copy.apply(try event(6, "service.added", digest: Self.one), offset: 6)
    }
    #expect(copy.version == 4)
    #expect(throws: ScreenCopy.Fault.gap) {
      try copy.apply(try event(5, "service.added", digest: Self.one), offset: 6)
    }
  }

  @Test func anotherDigestIsSeen() throws {
    var copy = try begun()
    #expect(throws: ScreenCopy.Fault.wrongDigest) {
      try copy.apply(try event(5, "service.added", digest: Self.claimed), offset: 5)
    }
  }

  @Test func aRenumberingChangesTheDigest() throws {
    var copy = try begun()
    try copy.apply(try event(5, "service.added", order: 9, digest: Self.behind), offset: 5)
    try copy.apply(
      try json(
        #"{"type":"queue.renumbered","queue":"q","version":6,"digest":"\#(Self.one)","services":[{"id":"a","order":5}]}"#
      ),
      offset: 6)
  }

  @Test func theFirstServicesOfALongQueueProveNothing() throws {
    var copy = ScreenCopy()
    try copy.reset(
      try json(#"{"queue":"q","version":4,"epoch":"e","digest":"ffffffffffff","total":3,"services":[]}"#))
    #expect(!copy.isWhole)
    try copy.apply(try event(5, "service.added", digest: "eeeeeeeeeeee"), offset: 5)
  }
}
