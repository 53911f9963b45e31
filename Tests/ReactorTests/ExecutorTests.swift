import Glibc
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
  @Test func actorCodeRunsOnTheNamedThread() async throws {
    try await withReactor("reactor-named-x") { reactor in
      #expect(!reactor.isOnThread)
      #expect(reactor.isIsolatingCurrentContext() == false)
      let actor = Pinned(reactor)
      await actor.increment()
      #expect(threads(named: "reactor-named-x") == 1)
      let (first, second) = await (
        actor.run { _ in pthread_self() }, actor.run { _ in pthread_self() }
      )
      #expect(first == second)
      #expect(first != pthread_self())
      await actor.run { actor in
        #expect(actor.reactor.isOnThread)
        actor.preconditionIsolated()
      }
    }
  }

  @Test func jobsOfManyProducersRunInTheOrderOfEach() async throws {
    try await withReactor { reactor in
      let (producers, jobs) = (4, 1000)
      let actor = Pinned(reactor)
      let tasks = await withTaskGroup(of: [Task<Void, Never>].self) { group in
        for producer in 0..<producers {
          group.addTask {
            (0..<jobs).map { job in
              Task(executorPreference: reactor) { await actor.note("\(producer):\(job)") }
            }
          }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      for task in tasks { await task.value }
      let log = await actor.log
      #expect(log.count == producers * jobs)
      for producer in 0..<producers {
        #expect(
          log.filter { $0.hasPrefix("\(producer):") } == (0..<jobs).map { "\(producer):\($0)" })
      }
    }
  }

  @Test func onePinnedActorIsNeverInTwoPlaces() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      await withTaskGroup { group in
        for number in 0..<16 {
          let preference: (any TaskExecutor)? = number % 2 == 0 ? reactor : nil
          group.addTask(executorPreference: preference) {
            for _ in 0..<500 { await actor.increment() }
          }
        }
      }
      #expect(await actor.count == 16 * 500)
    }
  }

  @Test func tasksThatPreferTheReactorStayOnIt() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      await withTaskExecutorPreference(reactor) {
        #expect(reactor.isOnThread)
        await actor.increment()
        #expect(reactor.isOnThread)
        await Task.yield()
        #expect(reactor.isOnThread)
        async let child = reactor.isOnThread
        #expect(await child)
        #expect(await DefaultActor().isOn(reactor))
        #expect(reactor.isOnThread)
      }
      #expect(await DefaultActor().isOn(reactor) == false)
    }
  }

  @Test func noWakeUpIsLostBetweenReactorsAndThePool() async throws {
    try await withReactor("ping") { ping in
      try await withReactor("pong") { pong in
        let (one, other) = (Pinned(ping), Pinned(pong))
        await withTaskGroup { group in
          // Between two reactors, from either side, and between the pool and each.
          group.addTask(executorPreference: ping) {
            for _ in 0..<3000 {
              await other.increment()
              await Task.yield()
            }
          }
          group.addTask(executorPreference: pong) { for _ in 0..<3000 { await one.increment() } }
          group.addTask { for _ in 0..<3000 { await one.increment() } }
          group.addTask { for _ in 0..<3000 { await other.increment() } }
        }
        for _ in 0..<2000 {
          await one.bounce(off: other)
        }
        #expect(await one.count == 8000)
        #expect(await other.count == 8000)
      }
    }
  }

  @Test func cancellationReachesATaskThatPrefersTheReactor() async throws {
    try await withReactor { reactor in
      let (started, out) = AsyncStream<Void>.makeStream()
      let task = Task(executorPreference: reactor) {
        out.finish()
        do {
          try await Task.sleep(for: .seconds(3600))
          return false
        } catch {
          return Task.isCancelled && reactor.isOnThread
        }
      }
      for await _ in started {}
      task.cancel()
      #expect(await task.value)

      let never = AsyncStream<Int> { _ in }
      let consumer = Task(executorPreference: reactor) {
        for await _ in never {}
        return reactor.isOnThread
      }
      consumer.cancel()
      #expect(await consumer.value)
    }
  }
}

private actor DefaultActor {
  func isOn(_ reactor: Reactor) -> Bool { reactor.isOnThread }
}

extension Pinned {
  fileprivate func bounce(off other: Pinned) async {
    count += 1
    await other.increment()
  }
}
