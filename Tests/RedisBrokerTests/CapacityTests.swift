import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct CapacityTests {
  private func employee(_ name: String, _ skills: [String], capacity: Int? = nil) throws -> Principal {
    Principal(id: name, name: name, level: .agent, skills: try set(skills), capacity: capacity)
  }

  private func set(_ words: [String]) throws -> SkillSet { try #require(SkillSet(words, most: 64)) }

  @Test func capacityCountsInAllQueues() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let carla = try employee("carla", [], capacity: 2)
      let a = try await broker.store(2)
      let b = try await broker.store(2, in: "b")
      let first = try await broker.perform(.claim(a[0].ref, lease: nil), carla)
      _ = try await broker.perform(.claimNext(b[0].queue, lease: nil), carla)
      #expect(await broker.refusal(.claim(a[1].ref, lease: nil), carla)?.code == .atCapacity)
      #expect(await broker.refusal(.claimNext(b[0].queue, lease: nil), carla)?.code == .atCapacity)
      _ = try await broker.perform(.release(a[0].ref, fence: first.service.fence), carla)
      _ = try await broker.perform(.claim(a[1].ref, lease: nil), carla)
      // A transfer and a removal free it as well.
      _ = try await broker.perform(.transfer(a[1].ref, to: b[0].queue, fence: nil), sue)
      _ = try await broker.perform(.remove(b[0].ref), sue)
      let load = RedisCommand("HLEN", KeySpace(site: broker.configuration.site).load)
      #expect(try await broker.execute(load, named: "load", effect: .question) == .integer(0))
    }
  }

  @Test func manyClaimsAtOnceDoNotGoBeyondIt() async throws {
    try await withBrokers(2) { brokers in
      let services = try await brokers[0].store(40)
      let carla = try employee("carla", [], capacity: 7)
      let claimed = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<40 {
          group.addTask {
            await brokers[number % 2].refusal(.claimNext(services[0].queue, lease: nil), carla) == nil
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(claimed == 7)
    }
  }

  @Test func claimNextTakesTheFirstThatTheSkillsCover() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      var services: [Service] = []
      for words in [["german", "towing"], ["german"], [], ["towing"], ["german"]] {
        services.append(try await broker.store(submitter.make(requires: try set(words))))
      }
      let queue = services[0].queue
      func next(_ skills: [String]) async throws -> Int? {
        let who = try employee("who", skills)
        guard let id = try? await broker.perform(.claimNext(queue, lease: nil), who).service.id else { return nil }
        return services.firstIndex { $0.id == id }
      }
      #expect(try await broker.position(of: services[3].id).ahead == 3)
      #expect(try await broker.position(of: services[4].id).ahead == 4)
      #expect(
        await broker.refusal(.claim(services[0].ref, lease: nil), try employee("x", ["german"]))?.code == .missingSkill)
      #expect(try await next(["german"]) == 1)
      #expect(try await next(["french"]) == 2)
      #expect(try await next(["french"]) == nil)
      #expect(try await next(["towing", "other"]) == 3)
      #expect(try await next(["german", "towing"]) == 0)
      #expect(try await next(["german", "towing"]) == 4)
      try await expectEventsTellAll(broker)
    }
  }

  @Test func aSupervisorClaimsWithoutTheSkillsButIsGivenWhatItHas() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let service = try await broker.store(submitter.make(requires: try set(["welding"])))
      #expect(await broker.refusal(.claimNext(service.queue, lease: nil), sue)?.code == .queueEmpty)
      #expect(try await broker.perform(.claim(service.ref, lease: nil), sue).service.state == .claimed)
    }
  }

  @Test func aQueueHasABoundedNumberOfSetsOfSkills() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      var submitter = Submitter()
      var services: [Service] = []
      for number in 0..<SkillSet.mostPerQueue {
        services.append(try await broker.store(submitter.make(requires: try set(["s\(number)"]))))
      }
      let another = try submitter.make(requires: try set(["more"]))
      guard case .refused(let error)? = try await broker.submit([another]).first else {
        Issue.record("stored")
        return
      }
      #expect(error.code == .invalidArgument)
      let elsewhere = try await broker.store(submitter.make("b", requires: try set(["more"])))
      let target = services[0].queue
      #expect(await broker.refusal(.transfer(elsewhere.ref, to: target, fence: nil), sue)?.code == .overloaded)
      _ = try await broker.perform(.remove(services[5].ref), sue)
      #expect(try await broker.perform(.transfer(elsewhere.ref, to: target, fence: nil), sue).service.queue == target)
      try await expectEventsTellAll(broker)
      // The last of all of them, whatever each requires.
      let moved = try await broker.perform(.move(services[0].ref, to: .last), sue)
      #expect(try await broker.snapshot(of: target, limit: 100).services.last?.id == moved.service.id)
    }
  }

  @Test func pagesOfWaitingOnesAloneEndWithTheLast() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      var services: [Service] = []
      for number in 0..<9 {
        let skills = try set(number % 3 == 0 ? [] : ["s\(number % 3)"])
        services.append(try await broker.store(submitter.make(requires: skills)))
      }
      for number in [1, 8] { _ = try await broker.perform(.claim(services[number].ref, lease: nil), sue) }
      var query = ServiceListQuery(queue: services[0].queue, states: [.waiting], limit: 7)
      let all = try await broker.list(query)
      #expect(all.services.map(\.id) == [0, 2, 3, 4, 5, 6, 7].map { services[$0].id } && all.next == nil)
      query.limit = 6
      #expect(try await broker.list(query).next != nil)
    }
  }
}
