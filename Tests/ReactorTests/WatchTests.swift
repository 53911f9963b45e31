import Glibc
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
  @Test func readableComesUntilItIsDealtWith() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      defer { for descriptor in [near, far] { close(descriptor) } }
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<String>.makeStream()
      try await actor.run { actor in
        actor.kept.append(
          try reactor.watch(near, for: .readable) { readiness in
            #expect(readiness == .readable)
            #expect(reactor.isOnThread)
            // Entered as a C callback would.
            enter(actor)
            if actor.count == 3, let text = receive(from: near) { out.yield(text) }
          })
      }
      send("hello", to: far)
      var texts = seen.makeAsyncIterator()
      #expect(await texts.next() == "hello")
      #expect(await actor.count == 3)
    }
  }

  @Test func writableComesWhenTheBufferHasRoom() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      defer { for descriptor in [near, far] { close(descriptor) } }
      let chunk = [UInt8](repeating: 1, count: 65536)
      while write(near, chunk, chunk.count) > 0 {}
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<Readiness>.makeStream()
      try await actor.run { actor in
        let watch = try reactor.watch(near, for: [.readable, .writable]) { readiness in
          out.yield(readiness)
          actor.watch?.update(.readable)
        }
        actor.kept.append(watch)
      }
      await actor.increment()
      var drained = [UInt8](repeating: 0, count: 65536)
      while read(far, &drained, drained.count) > 0 {}
      var all = seen.makeAsyncIterator()
      #expect(await all.next() == .writable)
      send("x", to: far)
      #expect(await all.next() == .readable)
    }
  }

  @Test func hangupComesWithWhatWasAskedFor() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<Readiness>.makeStream()
      var all = seen.makeAsyncIterator()

      // The writer of a pipe goes: the kernel says only "hung up".
      let pipe = pipePair()
      try await actor.watchOnce(pipe.read, for: .readable, out)
      close(pipe.write)
      #expect(await all.next() == [.readable, .hangup])
      close(pipe.read)

      // The reader of a pipe goes.
      let other = pipePair()
      try await actor.watchOnce(other.write, for: .hangup, out)
      close(other.read)
      #expect(await all.next() == .hangup)
      close(other.write)

      // The peer of a socket stops sending.
      let (near, far) = socketPair()
      try await actor.watchOnce(near, for: [.readable, .hangup], out)
      shutdown(far, CInt(SHUT_WR))
      #expect(await all.next() == [.readable, .hangup])
      close(near)
      close(far)
    }
  }

  @Test func updateTurnsReportsOffAndOn() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      defer { close(near) }
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<Readiness>.makeStream()
      try await actor.run { actor in
        actor.kept.append(
          try reactor.watch(near, for: .readable) { readiness in
            actor.count += 1
            actor.watch?.update([])
            out.yield(readiness)
          })
      }
      send("x", to: far)
      var all = seen.makeAsyncIterator()
      #expect(await all.next() == .readable)
      // Not even a hangup while the interest is empty.
      close(far)
      try await Task.sleep(for: .milliseconds(10))
      #expect(await actor.count == 1)
      await actor.run { actor in
        #expect(actor.watch?.interest == [])
        actor.watch?.update(.readable)
      }
      #expect(await all.next() == [.readable, .hangup])
    }
  }

  @Test func whatIsTakenAwayWithinABatchIsNotReported() async throws {
    try await withReactor { reactor in
      let (near, far) = socketPair()
      let (near2, far2) = socketPair()
      defer { for descriptor in [near, far, near2, far2] { close(descriptor) } }
      let actor = Pinned(reactor)
      try await actor.run { actor in
        // Both are writable at once; whichever comes first silences or ends the other.
        for descriptor in [near, near2] {
          actor.kept.append(
            try reactor.watch(descriptor, for: .writable) { _ in
              actor.count += 1
              for case let watch as Watch in actor.kept {
                if watch.descriptor != descriptor {
                  watch.cancel()
                } else {
                  watch.update(.readable)
                }
              }
            })
        }
      }
      try await Task.sleep(for: .milliseconds(10))
      #expect(await actor.count == 1)
    }
  }

  @Test func aDescriptorNumberUsedAgainBelongsToTheNewWatch() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<String>.makeStream()
      let (near, far) = socketPair()
      let (near2, far2) = socketPair()
      let (other, otherFar) = socketPair()
      try await actor.run { actor in
        // In one batch: the first to be called puts another socket under the second's number.
        for (descriptor, victim) in [(near, near2), (near2, near)] {
          actor.kept.append(
            try reactor.watch(descriptor, for: .readable) { _ in
              out.yield("old")
              for case let watch as Watch in actor.kept { watch.cancel() }
              actor.kept = []
              #expect(dup2(other, victim) == victim)
              do {
                actor.kept.append(
                  try reactor.watch(victim, for: .readable) { _ in
                    out.yield("new \(receive(from: victim) ?? "nothing")")
                    out.finish()
                  })
              } catch {
                Issue.record(error)
              }
            })
        }
        send("x", to: far)
        send("x", to: far2)
      }
      var texts: [String] = []
      var all = seen.makeAsyncIterator()
      if let first = await all.next() { texts.append(first) }
      try await Task.sleep(for: .milliseconds(5))
      send("hello", to: otherFar)
      while let text = await all.next() { texts.append(text) }
      #expect(texts == ["old", "new hello"])
      for descriptor in [near, far, near2, far2, other, otherFar] { close(descriptor) }
    }
  }

  @Test func aWatchWhoseDescriptorWasClosedDoesNoHarmToTheNextOne() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<String>.makeStream()
      let (near, far) = socketPair()
      let (other, otherFar) = socketPair()
      defer { for descriptor in [near, far, other, otherFar] { close(descriptor) } }
      try await actor.run { actor in
        let stale = try reactor.watch(near, for: .readable) { _ in out.yield("stale") }
        #expect(dup2(other, near) == near)
        actor.kept.append(
          try reactor.watch(near, for: .readable) { _ in out.yield(receive(from: near) ?? "nothing")
          })
        stale.update([.readable, .writable])
        #expect(stale.interest == .readable)
        stale.cancel()
      }
      send("fresh", to: otherFar)
      var all = seen.makeAsyncIterator()
      #expect(await all.next() == "fresh")
    }
  }

  @Test func anUpdateThatTheKernelRefusesIsReportedAsHangup() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (seen, out) = AsyncStream<Readiness>.makeStream()
      let (near, far) = socketPair()
      defer { close(far) }
      try await actor.run { actor in
        let watch = try reactor.watch(near, for: .readable) { out.yield($0) }
        close(near)
        watch.update(.writable)
        actor.kept.append(watch)
      }
      var all = seen.makeAsyncIterator()
      #expect(await all.next() == [.writable, .hangup])
    }
  }

  @Test func whatCannotBeWatchedIsRefused() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (near, far) = socketPair()
      defer { for descriptor in [near, far] { close(descriptor) } }
      await actor.run { actor in
        #expect(actor.code(-1) == (.watchFailed, EBADF))
        let file = open("/proc/self/exe", O_RDONLY)
        #expect(actor.code(file) == (.watchFailed, EPERM))
        close(file)
        #expect(actor.code(near) == (nil, 0))
        #expect(actor.code(near) == (.alreadyWatched, EEXIST))
        #expect(actor.code(near, []).0 == .alreadyWatched)
        actor.watch?.update([])
        #expect(actor.code(near).0 == .alreadyWatched)
        actor.watch?.cancel()
        actor.watch?.cancel()
        actor.watch?.update(.readable)
        #expect(actor.code(near) == (nil, 0))
        actor.kept.compactMap { $0 as? Watch }.forEach { $0.cancel() }
      }
    }
  }
}

/// A callback without isolation, as C libraries make them.
private func enter(_ actor: Pinned) {
  actor.assumeIsolated { $0.count += 1 }
}

extension Pinned {
  /// The first watch that is kept.
  fileprivate var watch: Watch? { kept.lazy.compactMap { $0 as? Watch }.first }

  /// Why a watch is refused; `nil` and 0 if it is not.
  fileprivate func code(_ descriptor: CInt, _ interest: Readiness = .readable) -> (
    ReactorError.Code?, CInt
  ) {
    do throws(ReactorError) {
      kept.append(try reactor.watch(descriptor, for: interest) { _ in })
      return (nil, 0)
    } catch {
      return (error.code, error.errno)
    }
  }

  fileprivate func watchOnce(
    _ descriptor: CInt, for interest: Readiness, _ out: AsyncStream<Readiness>.Continuation
  ) throws {
    kept = [
      try reactor.watch(descriptor, for: interest) { readiness in
        self.watch?.cancel()
        out.yield(readiness)
      }
    ]
  }
}
