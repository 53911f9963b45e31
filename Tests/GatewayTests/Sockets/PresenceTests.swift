import NIOCore
import ServiceQueue
import Testing
import UserStore

@testable import Gateway

/// Who watches a queue, over several nodes on one Broker.
@Suite struct PresenceTests {
  private static let desk = QueueName("front-desk")!
  private static let subscribe = #""subscribe":{"channel":"queue:front-desk","join_leave":true}"#

  private func names(_ broker: MemoryBroker) async throws -> [String] {
    try await broker.presence(in: Self.desk).entries.map(\.name).sorted()
  }

  private func until(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<1_000 {
      if try await condition() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  private func push(to socket: TestSocket, _ kind: String) async throws -> JSONValue {
    while true {
      if let info = try await socket.reply()[path: ["push", kind, "info"]] { return info }
    }
  }

  @Test func nodesSeeOneAnother() async throws {
    let broker = MemoryBroker(queues: ["front-desk", "roadside"])
    try await TestServer.run(broker: broker) { here, _ in
      let agent = try await here.connected(as: "agent")
      let viewer = try await here.connected(as: "viewer")
      for socket in [agent, viewer] { #expect(try await socket.call(2, Self.subscribe)["subscribe"] != nil) }
      #expect(try await until { try await names(broker) == ["agent", "viewer"] })
      try await TestServer.run(broker: broker) { there, _ in
        let supervisor = try await there.connected(as: "supervisor")
        _ = try await supervisor.call(2, #""subscribe":{"channel":"queue:front-desk"}"#)
        // Its own join and the viewer's come first.
        var joined = try await push(to: agent, "join")
        while joined[path: ["conn_info", "name"]]?.string != "supervisor" { joined = try await push(to: agent, "join") }
        #expect(joined[path: ["conn_info", "level"]]?.string == "supervisor")
        #expect(joined["user"]?.string == there.accounts.named("supervisor")?.id)
        #expect(joined["client"]?.string?.isEmpty == false)
        #expect(try await names(broker) == ["agent", "supervisor", "viewer"])
        _ = try await supervisor.call(3, #""unsubscribe":{"channel":"queue:front-desk"}"#)
        #expect(try await push(to: agent, "leave") == joined)
        _ = try await supervisor.call(4, #""subscribe":{"channel":"queue:front-desk"}"#)
        _ = try await push(to: agent, "join")
      }
      // The other node has ended in good order: its connections left.
      #expect(try await push(to: agent, "leave")[path: ["conn_info", "name"]]?.string == "supervisor")
      #expect(try await names(broker) == ["agent", "viewer"])
      // A board was told nothing of it.
      try await here.submit()
      #expect(try await viewer.publication().0 == 1)
      try await agent.connection.channel.close()
      #expect(try await until { try await names(broker) == ["viewer"] })
    }
    #expect(try await names(broker).isEmpty)
  }

  @Test func aBrokerThatWasAwayOrForgotIsTold() async throws {
    try await TestServer.run { server, _ in
      let agent = try await server.connected(as: "agent")
      _ = try await agent.call(2, Self.subscribe)
      #expect(try await until { try await names(server.broker) == ["agent"] })
      await server.broker.forgetNodes()
      let second = try await server.connected(as: "second")
      _ = try await second.call(2, Self.subscribe)
      #expect(try await until { try await names(server.broker) == ["agent", "second"] })
      let entry = PresenceEntry(connection: "x", user: "x", name: "x", level: .agent)
      await server.broker.fail(with: BrokerError(.unavailable, "away"))
      server.services.presence.joined(Self.desk, entry)
      try await Task.sleep(for: .milliseconds(500))
      await server.broker.fail(with: nil)
      #expect(try await until { try await names(server.broker) == ["agent", "second", "x"] })
    }
  }

  @Test func manyAtOnceAreFewCallsAndNoPushes() async throws {
    try await TestServer.run { server, _ in
      let agent = try await server.connected(as: "agent")
      _ = try await agent.call(2, Self.subscribe)
      _ = try await push(to: agent, "join")
      let before = await server.broker.announcements.count
      for number in 0..<5_000 {
        let entry = PresenceEntry(connection: "c\(number)", user: "u\(number)", name: "n", level: .agent)
        server.services.presence.joined(Self.desk, entry)
      }
      #expect(
        try await until { try await server.broker.presence(in: Self.desk).connections == 5_001 })
      let calls = await server.broker.announcements.count - before
      #expect((10...13).contains(calls))
      try await server.submit()
      #expect(try await agent.publication().0 == 1, "nothing of the storm before it")
    }
  }
}
