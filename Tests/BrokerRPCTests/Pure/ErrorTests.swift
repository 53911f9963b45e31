import GRPCCore
import ServiceQueue
import Testing

@testable import BrokerRPC

@Suite struct ErrorTests {
  /// Code, message and state come back exactly, whatever the status.
  @Test(arguments: BrokerError.Code.allCases) func everyErrorComesBack(_ code: BrokerError.Code) {
    for state in [nil, ServiceState.serving] {
      let error = BrokerError(code, "a sentence: äß€", state: state)
      let failure = RPCError(error)
      #expect(failure.fromBroker == error)
      #expect(BrokerError(failure, .change, wasSent: true) == error)
      #expect(WireError(error).mayHaveHappened == !error.changedNothing)
    }
  }

  @Test func aCodeOfANewerVersionStillSaysWhetherToLook() {
    var error = WireError()
    error.code = .UNRECOGNIZED(77)
    #expect(error.domain.code == .unavailable)
    error.mayHaveHappened = true
    #expect(error.domain.code == .outcomeUnknown)
  }

  /// "Nothing was changed" is said only when that is certain.
  @Test func aChangeThatWasSentMayHaveHappened() {
    for code in [RPCError.Code.unavailable, .deadlineExceeded, .cancelled, .unknown, .internalError] {
      let failure = RPCError(code: code, message: "")
      #expect(BrokerError(failure, .change, wasSent: true).code == .outcomeUnknown)
      #expect(BrokerError(failure, .change, wasSent: false).code == .unavailable)
      #expect(BrokerError(failure, .question, wasSent: true).code == .unavailable)
    }
    for code in [RPCError.Code.permissionDenied, .unimplemented, .unauthenticated] {
      #expect(BrokerError(RPCError(code: code, message: ""), .change, wasSent: true).code == .unavailable)
    }
    #expect(BrokerError(CancellationError(), .change, wasSent: true).code == .outcomeUnknown)
  }

  @Test func statusesAreThoseOfTheProtocolFile() {
    let expected: [BrokerError.Code: RPCError.Code] = [
      .unknownQueue: .notFound, .illegalTransition: .failedPrecondition, .staleFence: .aborted,
      .invalidArgument: .invalidArgument, .idempotencyKeyReused: .alreadyExists, .overloaded: .resourceExhausted,
      .unavailable: .unavailable, .outcomeUnknown: .unknown, .internal: .internalError,
    ]
    for (code, status) in expected { #expect(RPCError(BrokerError(code, "")).code == status) }
  }
}
