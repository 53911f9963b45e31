import Testing

@testable import UserStore

@Suite("Kept answers, against a real server", .serialized)
struct IdempotencyTests {
  @Test func theFirstActsAndItsAnswerIsKept() async throws {
    try await withStore { store, database in
      func reserve(_ holder: String, fingerprint: String = "f") async throws -> AnswerReservation {
        try await store.reserveAnswer(id: "k", fingerprint: fingerprint, holder: holder)
      }
      #expect(try await reserve("one") == .reserved)
      #expect(try await reserve("two") == .underWay)
      #expect(try await reserve("two", fingerprint: "other") == .otherRequest)
      try await store.keepAnswer(Array("wrong".utf8), id: "k", holder: "two")
      #expect(try await reserve("two") == .underWay, "only the holder answers")
      try await store.keepAnswer(Array("a secret".utf8), id: "k", holder: "one")
      #expect(try await reserve("three") == .kept(Array("a secret".utf8)))
      #expect(try await reserve("three", fingerprint: "other") == .otherRequest)
      try await store.releaseAnswer(id: "k", holder: "one")
      #expect(try await reserve("three") == .kept(Array("a secret".utf8)), "an answer is not released")
      let connection = database.connection()
      let dump = try await database.dump("idempotent_answers", over: connection)
      #expect(!dump.contains("secret") && !dump.contains("61207365637265"))
      await connection.shutdown()
    }
  }

  @Test func aReleasedKeyAndAnAbandonedOneAreFree() async throws {
    try await withStore { store, database in
      func reserve(_ holder: String) async throws -> AnswerReservation {
        try await store.reserveAnswer(id: "k", fingerprint: "f", holder: holder)
      }
      let connection = database.connection()
      func age(_ interval: String) async throws {
        let statement = SQLStatement(nil, "UPDATE idempotent_answers SET reserved_at = reserved_at - $1::interval")
        _ = try await connection.run([statement(.text(interval))], writes: true)
      }
      #expect(try await reserve("one") == .reserved)
      try await store.releaseAnswer(id: "k", holder: "one")
      #expect(try await reserve("two") == .reserved)
      try await age("40 seconds")
      #expect(try await reserve("three") == .underWay)
      try await age("25 seconds")
      #expect(try await reserve("three") == .reserved)
      try await store.keepAnswer([1], id: "k", holder: "two")
      #expect(try await reserve("four") == .underWay, "whoever was given up has nothing to say")
      try await store.keepAnswer([2], id: "k", holder: "three")
      try await age("23 hours")
      await store.deleteOldAnswers()
      #expect(try await reserve("five") == .kept([2]))
      try await age("2 hours")
      #expect(try await reserve("five") == .reserved, "a day is over")
      try await age("25 hours")
      await store.deleteOldAnswers()
      #expect(try await database.dump("idempotent_answers", over: connection).isEmpty)
      await connection.shutdown()
    }
  }

  @Test func manyAtOnceHaveOneWinner() async throws {
    try await withStore { store, database in
      let nodes = [store, database.store(), database.store()]
      for round in 0..<10 {
        let outcomes = await withTaskGroup(of: AnswerReservation?.self) { group in
          for (index, node) in (nodes + nodes).enumerated() {
            group.addTask {
              try? await node.reserveAnswer(id: "k\(round)", fingerprint: "f", holder: "h\(index)")
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .reserved }.count == 1)
        #expect(outcomes.filter { $0 == .underWay }.count == 5)
      }
      for node in nodes.dropFirst() { await node.shutdown() }
    }
  }

  @Test func manyOldOnesAreDeletedInBatches() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      let fill = SQLStatement(
        nil,
        """
        INSERT INTO idempotent_answers (id, fingerprint, holder, reserved_at)
        SELECT 'k' || n, 'f', 'h', now() - interval '2 days' FROM generate_series(1, 2500) n
        """)
      _ = try await connection.run([fill()], writes: true)
      await store.deleteOldAnswers()
      #expect(try await database.dump("idempotent_answers", over: connection).isEmpty)
      await connection.shutdown()
    }
  }
}
