import RedisBroker
import ServiceQueue
import Testing

@testable import RedisBroker

extension BrokerActor {
  /// Commands that wait or were sent.
  fileprivate var underway: Int { commands.underway }
}

/// More callers than there can be.
@Suite(.timeLimit(.minutes(1))) struct LoadTests {
  @Test func beyondTheLimitCallersAreTurnedAwayAtOnce() async throws {
    let limit = 400
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(4), commandsUnderway: limit) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let service = try await broker.store(1)[0]
      redis.freeze()
      let (admitted, others) = await withTaskGroup(of: BrokerError?.self) { group in
        for number in 0..<limit {
          group.addTask { await broker.refusal(.claim(service.ref, lease: nil), key: "k\(number)") }
        }
        _ = await eventually { await broker.underway >= limit }
        var others: [(BrokerError?, Duration)] = []
        // As long as none of those under way has been given up.
        let end = ContinuousClock.now + .seconds(2)
        for number in 0..<500 where ContinuousClock.now < end {
          let began = ContinuousClock.now
          let error = await broker.refusal(.claim(service.ref, lease: nil), key: "o\(number)")
          others.append((error, ContinuousClock.now - began))
        }
        return (await group.reduce(into: []) { $0.append($1) }, others)
      }
      let delays = others.map(\.1).sorted()
      print(
        "→ beyond \(limit) under way: turned away within \(delays[delays.count / 2]), at most \(delays.last ?? .zero)")
      #expect(others.allSatisfy { $0.0?.code == .overloaded && $0.0?.changedNothing == true })
      #expect(delays.count > 10 && delays.allSatisfy { $0 < .seconds(1) })
      // Its own sweeping takes a place or two.
      #expect(admitted.count { $0?.code == .outcomeUnknown } >= limit - 10)
      #expect(admitted.allSatisfy { $0?.code == .outcomeUnknown || $0?.code == .overloaded })
      #expect(await broker.underway <= limit)
      redis.thaw()
      #expect(await eventually { (try? await broker.store(1)) != nil })
      #expect(await eventually { await broker.underway < 20 })
    }
  }

  @Test func aThousandRaceForOne() async throws {
    try await withBrokers(3, queues: ["a", "b"]) { brokers in
      let service = try await brokers[0].store(1)[0]
      for broker in brokers { #expect(await eventually { await broker.health().isConnected }) }
      let (winners, refusals, delays) = try await withThrowingTaskGroup(of: Answer.self) { group in
        for number in 0..<1_000 {
          let who = Principal(id: "c\(number)", name: "c\(number)", level: .agent)
          group.addTask {
            do throws(BrokerError) {
              let request = CommandRequest(.claim(service.ref, lease: nil), by: who)
              return .won(try await brokers[number % 3].perform(request))
            } catch {
              return .refused(error)
            }
          }
        }
        for number in 0..<30 {
          group.addTask {
            let began = ContinuousClock.now
            _ = try await brokers[number % 3].store(1, in: "b")
            return .other(ContinuousClock.now - began)
          }
        }
        var winners: [CommandAnswer] = []
        var refusals: [BrokerError] = []
        var delays: [Duration] = []
        for try await answer in group {
          switch answer {
          case .won(let answer): winners.append(answer)
          case .refused(let error): refusals.append(error)
          case .other(let delay): delays.append(delay)
          }
        }
        return (winners, refusals, delays)
      }
      print("→ 1,000 racers: other commands within \(delays.max() ?? .zero)")
      #expect(winners.count == 1 && refusals.count == 999)
      #expect(refusals.allSatisfy { $0.code == .illegalTransition && $0.state == .claimed })
      #expect(delays.count == 30 && delays.allSatisfy { $0 < .seconds(3) })
      #expect(try await brokers[1].service(service.id) == winners.first?.service)
    }
  }

  private enum Answer: Sendable {
    case won(CommandAnswer)
    case refused(BrokerError)
    case other(Duration)
  }
}
