import Glibc
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1))) struct TickTests {
  @Test func aHookRunsOnceAfterTheCallbacksAndJobsOfItsTick() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      let (far2, near2) = pipePair()
      defer { for descriptor in [near, far, near2, far2] { close(descriptor) } }
      let actor = Pinned(reactor)
      let jobs = await actor.prepareJobs(2, "job")
      let (done, out) = AsyncStream<Void>.makeStream()
      try await actor.run { actor in
        for descriptor in [near, far2] {
          actor.kept.append(
            try reactor.watch(descriptor, for: .readable) { _ in
              receive(from: descriptor)
              actor.log.append("callback")
              actor.hookOnce { out.finish() }
              actor.waiting.removeLast().resume()
            })
        }
        // Both are ready in one tick, since this job ends before the reactor asks.
        send("x", to: far)
        send("x", to: near2)
      }
      for await _ in done {}
      for job in jobs { await job.value }
      #expect(await actor.log == ["callback", "callback", "job", "job", "hook"])
      await actor.run { $0.kept.compactMap { $0 as? Watch }.forEach { $0.cancel() } }
    }
  }

  @Test func aHookMayQueueAgainAndTheReactorDoesNotSleepOnIt() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let jobs = await actor.prepareJobs(1, "job")
      let order = await withCheckedContinuation { (waiter: CheckedContinuation<[String], Never>) in
        Task {
          await actor.run { actor in
            reactor.atEndOfTick {
              actor.log.append("first")
              reactor.atEndOfTick {
                actor.log.append("second")
                waiter.resume(returning: actor.log)
              }
              actor.waiting.removeLast().resume()
            }
          }
        }
      }
      for job in jobs { await job.value }
      #expect(order == ["first", "job", "second"])
    }
  }

  @Test func busyJobsDoNotStarveDescriptorsOrTimers() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      defer { for descriptor in [near, far] { close(descriptor) } }
      let actor = Pinned(reactor)
      let busy = Task(executorPreference: reactor) {
        while !Task.isCancelled { await Task.yield() }
      }
      let flood = Task { while !Task.isCancelled { await actor.floodOnce(400) } }
      let (seen, out) = AsyncStream<String>.makeStream()
      try await actor.run { actor in
        actor.kept.append(
          try reactor.watch(near, for: .readable) { _ in
            receive(from: near)
            out.yield("descriptor")
          })
        reactor.schedule(after: .milliseconds(5)) {
          out.yield("timer")
          send("x", to: far)
        }
      }
      var order: [String] = []
      for await what in seen {
        order.append(what)
        if order.count == 2 { break }
      }
      #expect(order == ["timer", "descriptor"])
      busy.cancel()
      flood.cancel()
      await busy.value
      await flood.value
    }
  }

  @Test func aLongQueueIsInterruptedForTimersAndDescriptors() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let jobs = await actor.prepareJobs(1000, "job")
      let (seen, out) = AsyncStream<Int>.makeStream()
      await actor.run { actor in
        for job in actor.waiting { job.resume() }
        // The first tick's timer comes before any of the jobs, the second's between them.
        reactor.schedule(after: .zero) {
          out.yield(actor.log.count)
          reactor.schedule(after: .zero) {
            out.yield(actor.log.count)
            out.finish()
          }
        }
      }
      var counts: [Int] = []
      for await count in seen { counts.append(count) }
      for job in jobs { await job.value }
      #expect(counts == [0, 256])
      #expect(await actor.log.count == 1000)
    }
  }

  @Test func aBusyDescriptorDoesNotStarveJobs() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      defer { for descriptor in [near, far] { close(descriptor) } }
      let actor = Pinned(reactor)
      // Always writable, never dealt with.
      let calls = try await actor.run { actor in
        actor.kept.append(try reactor.watch(near, for: .writable) { _ in actor.count += 1 })
        return actor.count
      }
      for _ in 0..<50 { await actor.note("job") }
      #expect(await actor.log.count == 50)
      #expect(await actor.count > calls)
    }
  }
}

extension Pinned {
  /// Starts tasks that will each note the entry in one job once they are resumed; returns when all wait for that.
  fileprivate nonisolated func prepareJobs(_ number: Int, _ entry: String) async -> [Task<Void, Never>] {
    let tasks = (0..<number).map { _ in Task(executorPreference: reactor) { await self.noteWhenResumed(entry) } }
    while await waiting.count < number { await Task.yield() }
    return tasks
  }

  private func noteWhenResumed(_ entry: String) async {
    await withCheckedContinuation { waiting.append($0) }
    log.append(entry)
  }

  /// The usual way to have one flush a tick.
  fileprivate func hookOnce(_ then: @escaping () -> Void) {
    count += 1
    guard count == 1 else { return }
    reactor.atEndOfTick {
      self.log.append("hook")
      self.count = 0
      then()
    }
  }

  fileprivate func floodOnce(_ jobs: Int) async {
    await withTaskGroup { group in
      for _ in 0..<jobs { group.addTask { await self.increment() } }
    }
  }
}
