import Foundation
import RedisBroker
import ServiceQueue
import Testing

/// Several Brokers look for what is due at the same time: each thing happens once.
@Suite(.timeLimit(.minutes(1))) struct SweepTests {
  @Test func whatIsDueHappensOnce() async throws {
    let queue = try queueName("a")
    let lease = LeaseDuration(milliseconds: 5_000)
    try await withBrokers(4, sweepInterval: .milliseconds(50)) { brokers in
      var submitter = Submitter()
      let items = try (0..<150).map { _ in try submitter.make(scheduledFor: fromNow(1_500)) }
      _ = try await brokers[0].submit(items)
      let services = try await brokers[1].store(120)
      for (number, service) in services.enumerated() {
        let fence = try await brokers[number % 4].perform(.claim(service.ref, lease: lease)).service.fence
        if number % 3 == 0 {
          let hold = HoldDuration(milliseconds: 5_000)
          _ = try await brokers[number % 4].perform(.hold(service.ref, fence: fence, hold: hold))
        }
      }
      #expect(
        await eventually(within: .seconds(20)) { (try? await brokers[2].queue(queue).waiting) == 270 })
      // Long enough for a second time, were there one.
      try await Task.sleep(for: .milliseconds(300))
      var counts: [ServiceID: [String]] = [:]
      for event in try await brokers[3].allEvents(of: queue) where event.actor == "system" {
        switch event.change {
        case .updated(let service, .due): counts[service.id, default: []].append("due")
        case .returned(let service, let reason): counts[service.id, default: []].append(reason.rawValue)
        default: Issue.record("\(event.change.type) by the Broker itself")
        }
      }
      #expect(items.allSatisfy { counts[$0.id] == ["due"] })
      for (number, service) in services.enumerated() {
        #expect(counts[service.id] == [number % 3 == 0 ? "hold_expired" : "lease_expired"])
      }
      #expect(counts.count == 270)
    }
  }
}

/// The moment so many milliseconds from now; the servers of the tests have the same clock.
func fromNow(_ milliseconds: Int64) -> Timestamp {
  Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + milliseconds)
}
