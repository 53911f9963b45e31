import ServiceQueue
import Testing

@testable import Gateway

/// Positions and statistics, the same at both doors.
@Suite struct QuestionTests {
  @Test(arguments: Door.allCases) func positions(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      var ids = [String]()
      for _ in 0..<3 { ids.append(try await server.made()) }
      let last = try await server.service(door, "viewer", "position", ids[2])
      #expect(last["id"]?.string == ids[2] && last["queue"]?.string == "front-desk")
      #expect(last["state"]?.string == "waiting" && last["position"]?.int == 3 && last["ahead"]?.int == 2)
      #expect(last["waiting"]?.int == 3 && last["paused"]?.bool == false)
      #expect(last["estimate"]?.isNull == true, "there is nothing to go by yet")
      #expect(try await server.service(door, "producer", "position", ids[2]).code == "forbidden")
      #expect(try await server.service(door, "limited", "position", ids[2]).code == "not_found")
      let unknown = "018f0000-0000-7000-8000-000000000001"
      #expect(try await server.service(door, "agent", "position", unknown).code == "not_found")

      #expect(try await server.service(door, "agent", "claim", ids[0]).code == nil)
      let claimed = try await server.service(door, "agent", "position", ids[0])
      #expect(claimed["state"]?.string == "claimed" && claimed["waiting"]?.int == 2)
      #expect(claimed["position"]?.isNull == true && claimed["ahead"]?.isNull == true)
      #expect(try await server.service(door, "supervisor", "remove", ids[0]).code == nil)
      let ended = try await server.service(door, "agent", "position", ids[0])
      #expect(ended["state"]?.string == "cancelled" && ended["waiting"]?.isNull == true)
    }
  }

  @Test(arguments: Door.allCases) func statisticsAndTheEstimateFromThem(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let none = try await server.queue(door, "viewer", "stats")
      #expect(none["handling_seconds"]?.isNull == true && none["active_employees"]?.int == 0)
      for seconds in 1...10 as ClosedRange<Int64> {
        let id = try await server.made()
        let fence = try #require(try await server.service(.rest, "agent", "claim", id)["service", "fence"]?.int)
        #expect(try await server.service(.rest, "agent", "start", id, #"{"fence":\#(fence)}"#).code == nil)
        try await server.broker.pass(milliseconds: seconds * 10_000)
        #expect(try await server.service(.rest, "agent", "complete", id, #"{"fence":\#(fence)}"#).code == nil)
      }
      let waiting = [try await server.made(), try await server.made(), try await server.made()]
      let due = Timestamp(milliseconds: MemoryBroker.start + 86_400_000)
      _ = try await server.made("front-desk", #"{"scheduled_for":"\#(due)"}"#)
      let stats = try await server.queue(door, "viewer", "stats")
      #expect(stats["queue"]?.string == "front-desk" && stats["mode"]?.string == "open")
      let counts = ["scheduled", "waiting", "claimed", "serving", "on_hold", "total"].map { stats[$0]?.int }
      #expect(counts == [1, 3, 0, 0, 0, 4])
      #expect(stats["active_employees"]?.int == 1 && stats["handling_seconds", "samples"]?.int == 10)
      func seconds(_ name: String) -> Double? {
        guard case .number(let number)? = stats["handling_seconds", name] else { return nil }
        return number.double
      }
      // Each is 10, 20, ... 100 seconds and the few milliseconds that the commands themselves took.
      #expect(abs((seconds("mean") ?? 0) - 55) < 1)
      #expect(abs((seconds("p50") ?? 0) - 50) < 1 && abs((seconds("p90") ?? 0) - 90) < 1)
      #expect(try await server.queue(door, "producer", "stats").code == "forbidden")
      #expect(try await server.queue(door, "limited", "stats").code == "forbidden")
      #expect(try await server.queue(door, "agent", "stats", "none").code == "unknown_queue")

      let position = try await server.service(door, "viewer", "position", waiting[2])
      let low = try #require(position["estimate", "low_seconds"]?.int)
      let high = try #require(position["estimate", "high_seconds"]?.int)
      #expect(0 <= low && low < high && high < 1_000)
      if case .number(let confidence)? = position["estimate", "confidence"] { #expect(confidence.double == 0.8) }
      #expect(try await server.queue(door, "supervisor", "pause").code == nil)
      let paused = try await server.service(door, "viewer", "position", waiting[2])
      #expect(paused["estimate"]?.isNull == true && paused["paused"]?.bool == true && paused["position"]?.int == 3)
    }
  }
}
