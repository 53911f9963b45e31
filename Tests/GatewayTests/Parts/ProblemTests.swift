import ServiceQueue
import Testing
import UserStore

@testable import Gateway

@Suite struct ProblemTests {
  @Test(arguments: GatewayError.Code.allCases) func everyCodeHasItsRow(_ code: GatewayError.Code) throws {
    let error = GatewayError(code, "told", state: code == .illegalTransition ? .completed : nil)
    let json = try JSONScanner.parse(Problem.json(error, requestID: "r-1"))
    #expect(json["type"]?.string == "urn:usher:problem:\(code.rawValue)")
    #expect(json["status"]?.int == Int64(code.row.status))
    #expect(json["detail"]?.string == "told")
    #expect(json["request_id"]?.string == "r-1")
    #expect((json["state"]?.string == "completed") == (code == .illegalTransition))
    #expect((400...599).contains(code.row.status))
    #expect((100...112).contains(code.row.rpc) || (400...1_999).contains(code.row.rpc))
    let reply = ReplyError(error)
    #expect(reply.message.hasPrefix("\(code.rawValue): told"))
    #expect((reply.temporary && code != .internal) == (error.retryAfter != nil))
  }

  @Test func ownReplyCodesAreDistinct() {
    let own = GatewayError.Code.allCases.map(\.row.rpc).filter { $0 >= 400 }
    #expect(Set(own).count == own.count)
  }

  @Test(arguments: BrokerError.Code.allCases) func theBrokersCodesKeepTheirNames(_ code: BrokerError.Code) {
    #expect(GatewayError(BrokerError(code, "x")).code.rawValue == code.rawValue)
  }

  @Test func statuses() {
    func status(_ code: GatewayError.Code) -> Int { code.row.status }
    #expect(status(.illegalTransition) == 409)
    #expect(status(.staleFence) == 409)
    #expect(status(.notOwner) == 403)
    #expect(status(.versionMismatch) == 412)
    #expect(status(.idempotencyKeyReused) == 422)
    #expect(status(.tooManyRequests) == 429)
    #expect(status(.unavailable) == 503)
    #expect(status(.outcomeUnknown) == 504)
  }

  @Test(arguments: UserStoreError.Code.allCases) func theUserStoresCodes(_ code: UserStoreError.Code) {
    let known = GatewayError(UserStoreError(code, "x")).code
    switch code {
    case .tokenReuse, .tokenInvalid: #expect(known == .unauthorized)
    case .invitationInvalid, .linkInvalid: #expect(known == .tokenInvalid)
    case .limitReached: #expect(known == .atCapacity)
    case .throttled: #expect(known == .tooManyRequests)
    default: #expect(known.rawValue == code.rawValue)
    }
  }

  @Test func whatNobodyForesawTellsNothing() {
    struct Secret: Error { let name = "Ada" }
    #expect(GatewayError(any: Secret()) == .internal)
    #expect(!GatewayError.internal.message.contains("Ada"))
  }
}
