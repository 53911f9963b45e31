import ServiceQueue
import Testing
import UserStore

@testable import Gateway

/// The states of a service beside the straight way, and the modes of a queue: the same at both doors.
@Suite struct EngineTests {
  @Test(arguments: Door.allCases) func holdAndResume(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      let claimed = try await server.service(door, "agent", "claim", id)
      let fence = try #require(claimed["service", "fence"]?.int)
      func act(_ name: String, _ command: String, _ arguments: String) async throws -> DoorAnswer {
        try await server.service(door, name, command, id, arguments)
      }
      #expect(try await act("agent", "hold", #"{"fence":\#(fence),"hold_seconds":4}"#).code == "invalid_argument")
      #expect(try await act("agent", "hold", #"{"fence":\#(fence),"hold_seconds":86401}"#).code == "invalid_argument")
      #expect(try await act("agent", "hold", #"{"fence":\#(fence),"lease_seconds":30}"#).code == "unknown_member")
      #expect(try await act("agent", "hold", "{}").code == "stale_fence")
      #expect(try await act("second", "hold", #"{"fence":\#(fence)}"#).code == "not_owner")
      for name in ["viewer", "producer"] {
        #expect(try await act(name, "hold", #"{"fence":\#(fence)}"#).code == "forbidden")
        #expect(try await act(name, "resume", #"{"fence":\#(fence)}"#).code == "forbidden")
      }
      let held = try await act("agent", "hold", #"{"fence":\#(fence),"hold_seconds":60}"#)
      #expect(held["service", "state"]?.string == "on_hold")
      #expect(held["service", "hold_until"]?.string != nil && held["lease_until"] == nil)
      let early = try await act("agent", "complete", #"{"fence":\#(fence)}"#)
      #expect(early.code == "illegal_transition" && early.state == "on_hold")
      let resumed = try await act("agent", "resume", #"{"fence":\#(fence),"lease_seconds":30}"#)
      #expect(resumed["service", "state"]?.string == "claimed" && resumed["lease_until"]?.string != nil)
      #expect(resumed["service", "fence"]?.int == fence)
      #expect(try await act("agent", "resume", #"{"fence":\#(fence)}"#).code == "illegal_transition")

      #expect(try await act("supervisor", "hold", #"{"hold_seconds":60}"#).code == nil, "any claim, without its fence")
      try await server.broker.pass(milliseconds: 61_000)
      let back = try await act("agent", "claim", "{}")
      #expect(back["service", "attempts"]?.int == 1)
    }
  }

  @Test(arguments: Door.allCases) func aSupervisorAssigns(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (id, other) = (try await server.made(), try await server.made("roadside"))
      func user(_ name: String) throws -> String { try #require(server.accounts.named(name)).id }
      func assign(_ name: String, to assignee: String, _ id: String, _ more: String = "") async throws -> DoorAnswer {
        try await server.service(door, name, "assign", id, #"{"assignee":"\#(assignee)"\#(more)}"#)
      }
      let agent = try user("agent")
      #expect(try await server.service(door, "supervisor", "assign", id, "{}").code == "invalid_argument")
      #expect(try await assign("supervisor", to: "agent", id).code == "invalid_argument")
      #expect(try await assign("supervisor", to: agent, id, #","fence":"x""#).code == "invalid_argument")
      #expect(try await assign("supervisor", to: agent, id, #","to":"roadside""#).code == "unknown_member")
      for name in ["agent", "viewer", "producer"] {
        #expect(try await assign(name, to: agent, id).code == "forbidden", "\(name)")
      }
      #expect(try await assign("limited", to: agent, id).code == "forbidden")
      // Nobody, a display, a producer, and one who may not handle services of that queue: all the same.
      let nobody = [
        "00000000-0000-7000-8000-00000000ffff", try user("viewer"), try user("producer"), try user("limited"),
      ]
      for assignee in nobody {
        let refused = try await assign("supervisor", to: assignee, id)
        #expect(refused.code == "bad_target" && refused.state == nil)
      }
      #expect(try await assign("supervisor", to: try user("limited"), other).code == nil)

      let given = try await assign("supervisor", to: agent.uppercased(), id, #","lease_seconds":90"#)
      #expect(given["service", "claimed_by", "name"]?.string == "agent" && given["lease_until"]?.string != nil)
      let fence = try #require(given["service", "fence"]?.int)
      #expect(try await assign("supervisor", to: agent, id).code == "bad_target", "the agent has it")
      #expect(try await server.service(door, "agent", "start", id, #"{"fence":\#(fence)}"#).code == nil)
      #expect(try await assign("admin", to: try user("second"), id, #","fence":\#(fence + 9)"#).code == "stale_fence")
      let taken = try await assign("admin", to: try user("second"), id, #","fence":\#(fence)"#)
      #expect(taken["service", "state"]?.string == "claimed" && taken["service", "started_at"] == nil)
      #expect(try await server.service(door, "agent", "release", id, #"{"fence":\#(fence)}"#).code == "not_owner")
      let bulk = #"{"commands":[{"command":"assign","id":"\#(id)","assignee":"\#(agent)"}]}"#
      let results = try await server.request(
        .init("POST", "/v1/services/bulk", token: try await server.token("supervisor"), body: bulk))
      #expect(
        results.json[path: ["results"]]?.array?.first?[path: ["service", "claimed_by", "name"]]?.string == "agent")
    }
  }

  @Test(arguments: Door.allCases) func whoIsDisabledIsGivenNothing(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      let agent = try #require(server.accounts.named("agent")).id
      let disabled = try await server.request(
        .init(
          "PATCH", "/v1/users/\(agent)", token: try await server.token("admin"), body: #"{"disabled":true}"#))
      #expect(disabled.status == 200)
      let refused = try await server.service(door, "supervisor", "assign", id, #"{"assignee":"\#(agent)"}"#)
      #expect(refused.code == "bad_target")
    }
  }

  @Test(arguments: Door.allCases) func onlyALimitedUsersServiceIsLookedUpFirst(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (id, other) = (try await server.made(), try await server.made("roadside"))
      let before = await server.broker.lookUps
      let fence = try await server.service(door, "agent", "claim", id)["service", "fence"]?.int
      #expect(try await server.service(door, "agent", "start", id, #"{"fence":\#(try #require(fence))}"#).code == nil)
      let unknown = "00000000-0000-7000-8000-00000000ffff"
      #expect(try await server.service(door, "agent", "claim", unknown).code == "not_found")
      #expect(await server.broker.lookUps == before)
      #expect(try await server.service(door, "limited", "claim", other).code == nil)
      #expect(try await server.service(door, "limited", "claim", id).code == "not_found")
      #expect(await server.broker.lookUps == before + 2)
    }
  }

  @Test(arguments: Door.allCases) func transferTakesTheRightInBothQueues(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (id, other) = (try await server.made(), try await server.made("roadside"))
      func transfer(_ name: String, _ id: String, _ arguments: String) async throws -> DoorAnswer {
        try await server.service(door, name, "transfer", id, arguments)
      }
      #expect(try await transfer("supervisor", id, "{}").code == "invalid_argument")
      #expect(try await transfer("supervisor", id, #"{"to":"No!"}"#).code == "invalid_argument")
      #expect(try await transfer("supervisor", id, #"{"to":"none"}"#).code == "unknown_queue")
      #expect(try await transfer("supervisor", id, #"{"to":"front-desk"}"#).code == "bad_target")
      #expect(try await transfer("agent", id, #"{"to":"roadside"}"#).code == "not_owner")
      for name in ["viewer", "producer"] {
        #expect(try await transfer(name, id, #"{"to":"roadside"}"#).code == "forbidden")
      }
      #expect(try await transfer("limited", id, #"{"to":"roadside"}"#).code == "not_found")
      let fence = try await server.service(door, "limited", "claim", other)["service", "fence"]?.int
      let out = #"{"to":"front-desk","fence":\#(try #require(fence))}"#
      #expect(try await transfer("limited", other, out).code == "forbidden")

      let mine = try await server.service(door, "agent", "claim", id)["service", "fence"]?.int
      let moved = try await transfer("agent", id, #"{"to":"roadside","fence":\#(try #require(mine))}"#)
      #expect(moved["service", "id"]?.string == id && moved["service", "queue"]?.string == "roadside")
      #expect(moved["service", "state"]?.string == "waiting" && moved["service", "ticket"]?.int == 2)
      #expect(moved["queue_version"]?.int == 3)
      #expect(try await server.service(door, "limited", "claim", id).code == nil)
      let summary = try await server.queue(door, "supervisor", "stats")
      #expect(summary["total"]?.int == 0 && summary["version"]?.int == 3)
    }
  }

  @Test(arguments: Door.allCases) func noShowAndReinstate(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      let waiting = try await server.service(door, "agent", "reinstate", id)
      #expect(waiting.code == "illegal_transition" && waiting.state == "waiting")
      for hour in 1...2 {
        let fence = try #require(try await server.service(door, "agent", "claim", id)["service", "fence"]?.int)
        let gone = try await server.service(door, "agent", "no_show", id, #"{"fence":\#(fence)}"#)
        #expect(gone["service", "state"]?.string == "no_show")
        if hour == 2 { try await server.broker.pass(milliseconds: 3_600_001) }
        let back = try await server.service(door, "second", "reinstate", id)
        if hour == 1 {
          #expect(back["service", "state"]?.string == "waiting" && back["service", "fence"] == nil)
        } else {
          #expect(back.code == "reinstate_expired" && back.state == "no_show")
        }
      }
      #expect(try await server.service(door, "producer", "reinstate", id).code == "forbidden")
      #expect(try await server.service(door, "supervisor", "reinstate", id, #"{"fence":1}"#).code == "unknown_member")
    }
  }

  @Test(arguments: Door.allCases) func reprioritise(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (first, second) = (try await server.made(), try await server.made())
      func act(_ name: String, _ priority: String) async throws -> DoorAnswer {
        try await server.service(door, name, "reprioritise", second, #"{"priority":\#(priority)}"#)
      }
      #expect(try await act("agent", "9").code == "forbidden")
      for bad in ["10", "-1", "4.5", "\"urgently\"", "null", "true"] {
        #expect(try await act("supervisor", bad).code == "invalid_argument", "\(bad)")
      }
      #expect(try await act("supervisor", "\"urgent\"")["service", "priority"]?.int == 9)
      let next = try await server.queue(door, "agent", "claim_next")
      #expect(next["service", "id"]?.string == second)
      let claimed = try await act("supervisor", "2")
      #expect(claimed.code == "illegal_transition" && claimed.state == "claimed")
      #expect(try await server.service(door, "agent", "claim", first).code == nil)
    }
  }

  @Test(arguments: Door.allCases) func theModesOfAQueue(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      for name in ["agent", "viewer", "producer"] {
        for command in ["pause", "resume", "drain"] {
          #expect(try await server.queue(door, name, command).code == "forbidden")
        }
      }
      #expect(try await server.queue(door, "supervisor", "pause", "none").code == "unknown_queue")
      let paused = try await server.queue(door, "supervisor", "pause")
      #expect(paused["mode"]?.string == "paused" && paused["paused"]?.bool == true)
      #expect(paused["queue"]?.string == "front-desk" && paused["queue_version"]?.int == 2 && paused["replay"] == nil)
      #expect(try await server.queue(door, "supervisor", "pause")["queue_version"]?.int == 2)
      #expect(try await server.queue(door, "agent", "claim_next").code == "queue_paused")
      let refused = try await server.service(door, "agent", "claim", id)
      #expect(refused.code == "queue_paused" && refused.state == "waiting")
      #expect(try await server.queue(door, "agent", "stats")["mode"]?.string == "paused")

      #expect(try await server.queue(door, "supervisor", "drain")["mode"]?.string == "draining")
      #expect(try await server.submit().json["code"]?.string == "queue_draining")
      #expect(try await server.queue(door, "agent", "claim_next").code == nil)
      let open = try await server.queue(door, "supervisor", "resume")
      #expect(open["mode"]?.string == "open" && open["paused"]?.bool == false)
    }
  }

  @Test func aModeUnderOneKeyIsChangedOnce() async throws {
    try await TestServer.run { server, _ in
      let token = try await server.token("supervisor")
      func pause() async throws -> TestResponse {
        try await server.request(
          .init("POST", "/v1/queues/front-desk/pause", token: token, headers: [("idempotency-key", "p")]))
      }
      #expect(try await pause().json["replay"] == nil)
      let open = try await server.queue(.rpc, "supervisor", "resume")
      let again = try await pause()
      #expect(again.json["replay"]?.bool == true && again.json["queue_version"]?.int == 1)
      #expect(try await server.queue(.rest, "viewer", "stats")["version"] == open["queue_version"])
    }
  }

  @Test func aScheduledServiceComesInLineLive() async throws {
    try await TestServer.run { server, _ in
      let due = Timestamp(milliseconds: MemoryBroker.start + 3_600_000)
      let id = try await server.made("front-desk", #"{"scheduled_for":"\#(due)","requires":["german"]}"#)
      let screen = try await server.connected(as: "agent")
      let subscribed = try await screen.call(2, #""subscribe":{"channel":"queue:front-desk"}"#)
      let snapshot = try #require(subscribed[path: ["subscribe", "data"]])
      let service = try #require(snapshot["services"]?.array?.first)
      #expect(service["state"]?.string == "scheduled" && service["scheduled_for"]?.string == due.description)
      #expect(service["requires"]?.array?.compactMap(\.string) == ["german"])
      let early = try await server.service(.rest, "agent", "claim", id)
      #expect(early.code == "illegal_transition" && early.state == "scheduled")
      try await server.broker.pass(milliseconds: 3_600_000)
      let (offset, event) = try await screen.publication()
      #expect(offset == 2 && event["type"]?.string == "service.updated" && event["reason"]?.string == "due")
      #expect(event[path: ["service", "state"]]?.string == "waiting")
      let page = try await server.request(
        .init("GET", "/v1/queues/front-desk/services?state=scheduled", token: try await server.token("agent")))
      #expect(page.json["services"]?.array?.isEmpty == true && page.json["total"]?.int == 1)
    }
  }
}
