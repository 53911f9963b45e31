import Testing

@testable import ServiceQueue

@Suite struct AccessPolicyTests {
  private let all: [AccessPolicy.Action] = [
    .submit, .observe, .readPersonalData, .handle, .move, .control, .remove, .readHistory, .administer,
  ]

  @Test func eachLevelMayDoJustThis() {
    let allowed = AccessLevel.allCases.map { level in
      (level, all.filter { AccessPolicy.allows($0, level: level) })
    }
    for (level, actions) in allowed {
      switch level {
      case .viewer: #expect(actions == [.observe])
      case .agent: #expect(actions == [.submit, .observe, .readPersonalData, .handle])
      case .supervisor: #expect(actions == all.filter { $0 != .administer })
      case .admin: #expect(actions == all)
      case .producer: #expect(actions == [.submit, .remove])
      }
    }
  }

  @Test func aLimitedUserStaysInItsQueues() throws {
    let desk = try #require(QueueName("front-desk"))
    let road = try #require(QueueName("roadside"))
    let agent = Principal(id: "1", name: "a", level: .agent, queues: [desk])
    #expect(AccessPolicy.allows(.handle, by: agent, in: desk))
    #expect(!AccessPolicy.allows(.handle, by: agent, in: road))
    #expect(!AccessPolicy.allows(.move, by: agent, in: desk))
  }
}
