import CReactor
import Testing

@testable import Reactor

@Suite struct ReadinessTests {
  private let readable = UInt32(CREACTOR_READABLE)
  private let writable = UInt32(CREACTOR_WRITABLE)
  private let peerClosed = UInt32(CREACTOR_PEER_CLOSED)
  private let broken = UInt32(CREACTOR_BROKEN)

  @Test func onlyWhatWasAskedForIsDelivered() {
    #expect(Readiness.readable.delivered(for: readable | writable) == .readable)
    #expect(Readiness.readable.delivered(for: writable) == [])
    #expect(Readiness.writable.delivered(for: writable | peerClosed) == .writable)
    #expect(Readiness([.readable, .hangup]).delivered(for: peerClosed) == .hangup)
  }

  @Test func aBrokenDescriptorIsAlwaysReportedTogetherWithTheInterest() {
    #expect(Readiness.readable.delivered(for: broken) == [.readable, .hangup])
    #expect(Readiness.writable.delivered(for: broken) == [.writable, .hangup])
    #expect(Readiness.hangup.delivered(for: broken) == .hangup)
  }

  @Test func theKernelIsAskedForTheInterestAlone() {
    #expect(Readiness([]).bits == 0)
    #expect(Readiness([.readable, .writable, .hangup]).bits == readable | writable | peerClosed)
  }
}
