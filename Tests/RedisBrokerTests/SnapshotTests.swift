import ServiceQueue
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct SnapshotTests {
  @Test func aLongSnapshotIsOfOneVersionWhateverHappensMeanwhile() async throws {
    try await withBrokers(2) { brokers in
      var services: [Service] = []
      for _ in 0..<3 { services += try await brokers[0].store(500) }
      let queue = services[0].queue
      let all = services
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for lane in 0..<4 {
          group.addTask {
            var random = SystemRandomNumberGenerator()
            var turns = 0
            while !Task.isCancelled, turns < 400 {
              turns += 1
              let service = all[Int.random(in: lane * 370..<(lane + 1) * 370, using: &random)]
              let command: Command =
                switch Int.random(in: 0..<5, using: &random) {
                case 0: .claim(service.ref, lease: nil)
                case 1: .release(service.ref, fence: nil)
                case 2: .move(service.ref, to: .after(all[Int.random(in: 0..<1_500, using: &random)].id))
                case 3: .move(service.ref, to: .first)
                default: .reprioritise(service.ref, Priority(turns % 10)!)
                }
              _ = await brokers[1].refusal(command, sue)
            }
            return false
          }
        }
        group.addTask {
          for round in 0..<10 {
            let limit = round % 3 == 0 ? 1_200 : BrokerLimits.snapshot
            let snapshot = try await brokers[0].snapshot(of: queue, limit: limit)
            #expect(snapshot.summary.total == 1_500)
            if limit > 1_500 {
              #expect(snapshot.services.count == 1_500)
              #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
            }
            #expect(snapshot.services == snapshot.services.sorted { Service.stands($0, before: $1) })
          }
          return true
        }
        while let isDone = try await group.next() { if isDone { group.cancelAll() } }
      }
      try await expectEventsTellAll(brokers[0])
    }
  }

  @Test func severalBrokersOfDifferentVersionsShareASite() async throws {
    let other = FunctionLibrary(template: PackageResources.usher_lua + Array("-- another version\n".utf8))
    #expect(other.name != FunctionLibrary.builtIn.name)
    try await withBrokers(2, queues: ["a", "b"], libraries: [.builtIn, other]) { brokers in
      let s = try await brokers[0].store(20)
      let target = try queueName("b")
      for (number, service) in s.enumerated() {
        let (one, two) = (brokers[number % 2], brokers[(number + 1) % 2])
        let fence = try await one.perform(.claim(service.ref, lease: nil), key: "c\(number)").service.fence
        let again = try await two.perform(.claim(service.ref, lease: nil), key: "c\(number)")
        #expect(again.isReplay && again.service.fence == fence)
        _ = try await two.perform(.start(service.ref, fence: fence, lease: nil))
        switch number % 4 {
        case 0: _ = try await one.perform(.complete(service.ref, fence: fence))
        case 1: _ = try await one.perform(.transfer(service.ref, to: target, fence: fence))
        case 2: _ = try await one.perform(.release(service.ref, fence: fence))
        default: _ = try await one.perform(.hold(service.ref, fence: fence, hold: nil))
        }
      }
      for broker in brokers { for queue in ["a", "b"] { try await expectEventsTellAll(of: queue, broker) } }
      #expect(try await brokers[1].snapshot(of: target, limit: 100) == brokers[0].snapshot(of: target, limit: 100))
    }
  }
}
