import Foundation
import RedisBroker
import ServiceQueue
import Synchronization
import Testing

@testable import BrokerRPC

/// What happens when the connection breaks, or the broker does not answer.
@Suite(.timeLimit(.minutes(2))) struct GapTests {
  @Test func eventsComeInOrderAndAGapIsToldOnce() async throws {
    try await withRig { rig in
      let seen = Mutex<[String]>([])
      let subscription = await rig.remote.subscribe()
      let follower = Task {
        for await batch in subscription.batches {
          seen.withLock { seen in
            switch batch {
            case .events(let events): seen += events.map { "\($0.version)" }
            case .reset(let queue): seen.append("reset \(queue?.rawValue ?? "all")")
            case .presence: break
            }
          }
        }
      }
      #expect(await eventually { seen.withLock { $0 } == ["reset all"] })
      _ = try await rig.remote.submit([rig.submission(), rig.submission()])
      #expect(await eventually { seen.withLock { $0 } == ["reset all", "1", "2"] })
      await rig.door.close()
      _ = try await rig.local.submit([rig.submission()])
      try await rig.door.open()
      #expect(await eventually { seen.withLock { $0 } == ["reset all", "1", "2", "reset all"] })
      _ = try await rig.remote.submit([rig.submission()])
      #expect(await eventually { seen.withLock { $0 } == ["reset all", "1", "2", "reset all", "4"] })
      follower.cancel()
    }
  }

  @Test func withoutABrokerCallsEndInTimeAndNothingHasHappened() async throws {
    try await withRig(timeout: .milliseconds(1_500)) { rig in
      _ = try await rig.remote.queues()
      await rig.door.close()
      let began = ContinuousClock.now
      for _ in 0..<2 {
        await #expect(throws: BrokerError.self) { try await rig.remote.submit([rig.submission()]) }
      }
      do throws(BrokerError) {
        _ = try await rig.remote.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna))
        Issue.record("it must fail")
      } catch {
        #expect(error.code == .unavailable && error.changedNothing)
      }
      do throws(BrokerError) {
        _ = try await rig.remote.createQueue(QueueName("c")!)
        Issue.record("it must fail")
      } catch {
        #expect(error.code == .unavailable)
      }
      #expect(ContinuousClock.now - began < .seconds(12))
      #expect(await rig.remote.failure() != nil)
      try await rig.door.open()
      #expect(await eventually { (try? await rig.remote.submit([rig.submission()]).count) == 1 })
      #expect(await rig.remote.failure() == nil)
    }
  }

  /// A broker that takes calls and does not answer: the caller is told in time that it does not know.
  @Test func withoutAnAnswerTheOutcomeIsUnknown() async throws {
    try await withRig(timeout: .milliseconds(1_500), wrap: SilentBroker.init) { rig in
      // Connected, so that what is asked next is sent.
      _ = try await rig.remote.queues()
      do throws(BrokerError) {
        _ = try await rig.remote.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna))
        Issue.record("it must fail")
      } catch {
        #expect(error.code == .outcomeUnknown)
      }
      // A lost answer holds nothing up.
      let queues = try await rig.remote.queues()
      #expect(queues.count == 1)
    }
  }

  @Test func tooManyCallsAreRefused() async throws {
    try await withRig(timeout: .seconds(2), wrap: SilentBroker.init) { rig in
      _ = try await rig.remote.queues()
      let codes = await withTaskGroup(of: BrokerError.Code?.self) { group in
        for _ in 0..<5_000 {
          group.addTask {
            do throws(BrokerError) {
              _ = try await rig.remote.perform(CommandRequest(.claimNext(rig.queue, lease: nil), by: anna))
              return nil
            } catch {
              return error.code
            }
          }
        }
        return await group.reduce(into: [BrokerError.Code?: Int]()) { $0[$1, default: 0] += 1 }
      }
      // The first were sent, those behind them waited, and for the rest there was no room.
      #expect(Set(codes.keys) == [.outcomeUnknown, .unavailable, .overloaded])
    }
  }
}
