import Glibc
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
  @Test func queuedWorkRunsAndTheThreadAndDescriptorsGo() async throws {
    let reactor = try Reactor(name: "shutdown-queued")
    let actor = Pinned(reactor)
    // The thread names itself before its first job.
    await actor.increment()
    #expect(threads(named: "shutdown-queued") == 1)
    // The thread is held up until everything is queued.
    let (near, far) = pipePair()
    defer { for descriptor in [near, far] { close(descriptor) } }
    let held = Task(executorPreference: reactor) {
      var wanted = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
      poll(&wanted, 1, -1)
    }
    let tasks = (0..<2000).map { _ in Task(executorPreference: reactor) { await actor.increment() }
    }
    let ended = Task { await reactor.shutdown() }
    send("x", to: far)
    await ended.value
    #expect(threads(named: "shutdown-queued") == 0)
    await held.value
    for task in tasks { await task.value }
    #expect(await actor.count == 2001)
  }

  @Test func twiceAndTogetherIsAsGoodAsOnce() async throws {
    let reactor = try Reactor(name: "shutdown-twice")
    await withTaskGroup { group in
      for number in 0..<8 {
        let preference: (any TaskExecutor)? = number % 2 == 0 ? reactor : nil
        group.addTask(executorPreference: preference) { await reactor.shutdown() }
      }
    }
    await reactor.shutdown()
    #expect(threads(named: "shutdown-twice") == 0)
  }

  @Test func anActorMayShutDownItsOwnReactor() async throws {
    let reactor = try Reactor(name: "shutdown-self")
    let actor = Pinned(reactor)
    await actor.shutDownItsReactor()
    #expect(threads(named: "shutdown-self") == 0)
    #expect(await actor.log == ["isolated"])
  }

  @Test func jobsAfterShutdownRunOneAtATimeAndIsolated() async throws {
    let reactor = try Reactor(name: "test")
    let actor = Pinned(reactor)
    await reactor.shutdown()
    await withTaskGroup { group in
      for number in 0..<8 {
        let preference: (any TaskExecutor)? = number % 2 == 0 ? reactor : nil
        group.addTask(executorPreference: preference) {
          for _ in 0..<200 {
            await actor.increment()
            await actor.run { $0.preconditionIsolated() }
          }
        }
      }
    }
    #expect(await actor.count == 1600)
    #expect(!reactor.isOnThread)
  }

  @Test func newHandlersAreRefusedButHooksStillRun() async throws {
    let reactor = try Reactor(name: "test")
    let actor = Pinned(reactor)
    let (near, far) = socketPair()
    defer { for descriptor in [near, far] { close(descriptor) } }
    await reactor.shutdown()
    await actor.run { actor in
      do {
        actor.kept.append(try reactor.watch(near, for: .writable) { _ in Issue.record("called") })
        Issue.record("accepted")
      } catch {
        #expect((error as? ReactorError)?.code == .stopped)
      }
      reactor.schedule(after: .zero) { Issue.record("called") }.cancel()
      reactor.schedule(after: .zero) { Issue.record("called") }
    }
    await withCheckedContinuation { waiter in
      Task { await actor.run { _ in reactor.atEndOfTick { waiter.resume() } } }
    }
  }

  @Test func handlersAreDroppedUncalledAndTheirHandlesStayHarmless() async throws {
    let reactor = try Reactor(name: "test")
    let actor = Pinned(reactor)
    let (near, far) = socketPair()
    defer { for descriptor in [near, far] { close(descriptor) } }
    weak var captured: Captured?
    captured = try await actor.run { actor in
      let object = Captured()
      actor.kept.append(try reactor.watch(near, for: .readable) { _ in object.called() })
      actor.kept.append(reactor.schedule(after: .seconds(3600)) { object.called() })
      return object
    }
    #expect(captured != nil)
    await reactor.shutdown()
    #expect(captured == nil)
    send("x", to: far)
    await actor.run { actor in
      for case let watch as Watch in actor.kept {
        watch.update(.writable)
        watch.cancel()
      }
      for case let timer as ReactorTimer in actor.kept { timer.cancel() }
    }
  }

  @Test func aTaskThatNeverEndsDoesNotHoldShutdownUp() async throws {
    let reactor = try Reactor(name: "shutdown-busy")
    let busy = Task(executorPreference: reactor) {
      var rounds = 0
      while !Task.isCancelled {
        await Task.yield()
        rounds += 1
      }
      return rounds
    }
    await reactor.shutdown()
    #expect(threads(named: "shutdown-busy") == 0)
    busy.cancel()
    _ = await busy.value
  }

  @Test func startingAndEndingManyLeavesNoDescriptor() async throws {
    func descriptors() -> Int {
      (0..<4096).count { fcntl(CInt($0), F_GETFD) >= 0 }
    }
    let before = descriptors()
    for _ in 0..<1_000 {
      let reactor = try Reactor(name: "test")
      let actor = Pinned(reactor)
      async let one: Void = actor.increment()
      async let other: Void = reactor.shutdown()
      _ = await (one, other)
      #expect(await actor.count == 1)
    }
    // Other tests run beside this one and have some open; a leak would be two thousand.
    #expect(descriptors() - before < 1_500)
  }
}

private final class Captured: Sendable {
  func called() { Issue.record("A handler was called after shutdown") }
}

extension Pinned {
  fileprivate func shutDownItsReactor() async {
    await reactor.shutdown()
    preconditionIsolated()
    log.append("isolated")
  }
}
