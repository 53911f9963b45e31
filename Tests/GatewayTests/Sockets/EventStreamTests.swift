import NIOCore
import ServiceLifecycle
import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// Event streams over a real socket.
@Suite struct EventStreamTests {
  private static let queue = QueueName("front-desk")!

  @Test func aSnapshotThenEveryChange() async throws {
    try await TestServer.run { server, _ in
      for _ in 0..<3 { try await server.submit(customer: "Ada") }
      let stream = try await server.stream("agent", "?limit=2")
      #expect(stream.head.contains("content-type: text/event-stream"))
      #expect(stream.head.contains("transfer-encoding: chunked"))
      #expect(stream.head.contains("cache-control: no-store, no-transform"))
      let first = try #require(try await stream.next())
      #expect(ServerSentEvents.retry.contains(first.retry ?? 0))
      let snapshot = try await stream.event("snapshot")
      #expect(snapshot.id == "e10:3" && snapshot.data["version"]?.int == 3 && snapshot.data["epoch"]?.string == "e10")
      #expect(snapshot.data["services"]?.array?.count == 2 && snapshot.data["total"]?.int == 3)
      for version in 4...6 {
        try await server.submit(customer: "Ada")
        let change = try await stream.event("change")
        #expect(change.id == "e10:\(version)" && change.data["version"]?.int == Int64(version))
        #expect(change.data[path: ["service", "customer", "name"]]?.string == "Ada")
      }
      try await stream.connection.channel.close()
      for _ in 0..<200 where server.services.connections.count > 0 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(server.services.connections.count == 0)
      #expect(server.services.hub.interest.audiences(of: Self.queue).isEmpty, "nothing is encoded for nobody")
    }
  }

  @Test func aBoardSeesNothingPersonal() async throws {
    try await TestServer.run { server, _ in
      try await server.submit(customer: "Ada")
      let stream = try await server.stream("viewer")
      let snapshot = try await stream.event("snapshot")
      #expect(snapshot.data["services"]?.array?.first?["customer"] == nil)
      try await server.submit(customer: "Ada")
      let change = try await stream.event("change")
      #expect(change.data["actor"] == nil && change.data["service"]?["customer"] == nil)
      #expect(change.data["service"]?["ticket"] != nil)
    }
  }

  @Test func aStreamResumesWhereItWas() async throws {
    try await TestServer.run { server, _ in
      for _ in 0..<5 { try await server.submit() }
      func first(_ query: String = "", lastID: String? = nil) async throws -> TestStream.Event {
        let stream = try await server.stream("agent", query, lastID: lastID)
        var event = try await stream.next()
        while let some = event, some.retry != nil { event = try await stream.next() }
        let found = try #require(event)
        if found.id == "e10:3" {
          for version in 4...5 { #expect(try await stream.event("change").id == "e10:\(version)") }
          try await server.submit()
          #expect(try await stream.event("change").id == "e10:6", "no gap between what was missed and what happens")
        }
        try await stream.connection.channel.close()
        return found
      }
      let missed = try await first(lastID: "e10:2")
      #expect(missed.name == "change" && missed.id == "e10:3")
      #expect(try await first("?after=5&epoch=e10").id == "e10:6")
      #expect(try await first("?after=1&epoch=e10", lastID: "e10:5").id == "e10:6", "the header is newer")
      for lost in ["another:2", "e10:99", "nonsense", "e10:", ":2", "e10:2:3", "e10:-1"] {
        let event = try await first(lastID: lost)
        #expect(event.name == "snapshot" && event.id == "e10:6", "\(lost)")
      }
    }
  }

  @Test func whatIsNoStream() async throws {
    try await TestServer.run { server, _ in
      let agent = try await server.token("agent")
      func answer(
        _ path: String, token: String? = nil, accept: String = "text/event-stream"
      ) async throws -> TestResponse {
        try await server.request(.init("GET", path, token: token, headers: [("accept", accept)]))
      }
      #expect(try await answer("/v1/queues/front-desk/events").status == 401)
      #expect(try await answer("/v1/queues/none/events", token: agent).status == 404)
      let limited = try await server.token("limited")
      #expect(try await answer("/v1/queues/front-desk/events", token: limited).status == 403)
      let producer = try await server.token("producer")
      #expect(try await answer("/v1/queues/front-desk/events", token: producer).status == 403)
      for query in ["?after=1", "?epoch=e10", "?after=x&epoch=e10", "?after=1&epoch=E", "?limit=5001"] {
        #expect(try await answer("/v1/queues/front-desk/events\(query)", token: agent).status == 400, "\(query)")
      }
      for accept in ["application/json", "*/*", "text/event-stream;q=0, */*"] {
        let page = try await answer("/v1/queues/front-desk/events?after=0", token: agent, accept: accept)
        #expect(page.status == 200 && page.json["events"] != nil, "\(accept)")
      }
      let head = try await server.request(
        .init("HEAD", "/v1/queues/front-desk/events", token: agent, headers: [("accept", "text/event-stream")]))
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(server.services.connections.count == 0)
    }
  }

  @Test func aLostStreamStartsAgainFromASnapshot() async throws {
    try await TestServer.run { server, _ in
      try await server.submit()
      let stream = try await server.stream("agent")
      #expect(try await stream.event("snapshot").id == "e10:1")
      try await server.broker.restart(Self.queue)
      let reset = try await stream.event("reset")
      #expect(reset.id == nil && reset.data["reason"]?.string == "insufficient state")
      let snapshot = try await stream.event("snapshot")
      #expect(snapshot.id?.hasPrefix("again") == true && snapshot.data["total"]?.int == 1)
      try await server.submit()
      #expect(try await stream.event("change").data["version"]?.int == (snapshot.data["version"]?.int ?? 0) + 1)
    }
  }

  @Test func pingsKeepAStreamAlive() async throws {
    try await TestServer.run(configure: {
      $0.session.pingInterval = .milliseconds(300)
      $0.session.pongTimeout = .milliseconds(200)
      $0.idleTimeout = .milliseconds(500)
    }) { server, _ in
      let stream = try await server.stream("agent")
      _ = try await stream.event("snapshot")
      for _ in 0..<4 { #expect(try await stream.next()?.isComment == true) }
      try await server.submit()
      #expect(try await stream.event("change").id == "e10:1", "it needs no pongs, and is not idle")
    }
  }

  @Test func whoMayNotSeeMoreIsToldAndLeft() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      let agent = try await server.stream("agent")
      let second = try await server.stream("second")
      for stream in [agent, second] { _ = try await stream.event("snapshot") }
      for (name, body) in [("agent", #"{"disabled":true}"#), ("second", #"{"level":"viewer"}"#)] {
        let id = try #require(server.accounts.named(name)).id
        #expect(try await server.request(.init("PATCH", "/v1/users/\(id)", token: admin, body: body)).status == 200)
      }
      #expect(try await agent.event("end").data["code"]?.int == 3503)
      #expect(try await second.event("end").data["code"]?.int == 3011)
      for stream in [agent, second] {
        #expect(try await stream.next() == nil, "the connection is closed")
        #expect(await stream.isComplete, "after a whole answer")
      }
    }
  }

  @Test func theTokensEndIsTheStreams() async throws {
    try await TestServer.run(configure: { $0.accessTokenLifetime = .seconds(8) }) { server, _ in
      let stream = try await server.stream("agent")
      _ = try await stream.event("snapshot")
      let began = ContinuousClock.now
      #expect(try await stream.event("end").data["code"]?.int == 3005)
      #expect(ContinuousClock.now - began < .seconds(24), "without the grace for a refresh, which it cannot bring")
    }
  }

  @Test func aShutdownSendsReadersAway() async throws {
    try await TestServer.run { server, group in
      let stream = try await server.stream("agent")
      _ = try await stream.event("snapshot")
      await group.triggerGracefulShutdown()
      #expect(try await stream.event("end").data["code"]?.int == 3001)
      #expect(try await stream.next() == nil)
    }
  }

  @Test func aSlowReaderIsCutOff() async throws {
    try await TestServer.run(configure: { $0.closeTimeout = .milliseconds(300) }) { server, _ in
      let stream = try await server.stream("agent")
      _ = try await stream.event("snapshot")
      try await stream.connection.channel.setOption(.autoRead, value: false).get()
      let filling = Array("\"".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20) + Array("\"".utf8)
      for version in 1...20 as ClosedRange<QueueVersion> {
        let push = WireFormat.eventStream.push(
          Publication(data: filling, offset: version), to: Self.queue, of: Epoch("e10")!)
        let run = EventRun(
          queue: Self.queue, epoch: Epoch("e10")!, first: version, format: .eventStream, pushes: [push])
        for part in server.services.hub.all {
          try await part.loop.submit {
            part.assumeIsolated { $0.deliver([.run(run, Audience(view: .staff, format: .eventStream))]) }
          }.get()
        }
      }
      for _ in 0..<500 where server.services.connections.count > 0 { try await Task.sleep(for: .milliseconds(10)) }
      #expect(server.services.connections.count == 0)
      try await stream.connection.channel.close()
    }
  }
}
