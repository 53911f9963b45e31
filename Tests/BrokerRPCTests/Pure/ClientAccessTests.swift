import GRPCCore
import ServiceQueue
import Testing

@testable import BrokerRPC

@Suite struct ClientAccessTests {
  @Test func namesHaveRoles() throws {
    let entries = ["usher-api=api", "Usher-Consumer=consumer", "spiffe://site/tool=read", "both=read", "both=consumer"]
    let access = ClientAccess(try entries.map { try #require(ClientAccess.Entry($0)) })
    #expect(access.roles(of: ["usher-api"]) == [.api])
    #expect(access.roles(of: ["usher-consumer", "other"]) == [.consumer])
    #expect(access.roles(of: ["spiffe://site/tool"]) == [.read])
    #expect(access.roles(of: ["both"]) == [.read, .consumer])
    #expect(access.roles(of: ["other"]).isEmpty && access.roles(of: []).isEmpty)
  }

  @Test(arguments: ["", "usher-api", "usher-api=", "=api", "usher-api=root", "a b=api"])
  func whatIsNoEntryIsRefused(_ text: String) { #expect(ClientAccess.Entry(text) == nil) }

  /// Every method is somebody's: a new one must be thought of here.
  @Test func everyMethodHasItsRoles() {
    let reads = Set(WireBroker.Method.descriptors.map(\.method).filter(ClientRole.read.allows))
    let intake = Set(WireBroker.Method.descriptors.map(\.method).filter(ClientRole.consumer.allows))
    let all = Set(WireBroker.Method.descriptors.map(\.method))
    #expect(all.allSatisfy(ClientRole.api.allows))
    #expect(
      intake == ["Submit", "SubmitStream", "ReadOutbox", "WatchOutbox", "AcknowledgeOutbox"])
    #expect(
      all.subtracting(reads).subtracting(intake) == [
        "Perform", "PerformAll", "PerformStream", "ChangeMode", "CreateQueue", "Restore", "Erase", "RewriteLog",
        "Assure", "Announce",
      ])
    #expect(ClientRole.consumer.mayRead(.events) && !ClientRole.consumer.mayRead(.history))
    #expect(!ClientRole.read.mayRead(.events) && ClientRole.api.mayRead(.history))
  }
}
