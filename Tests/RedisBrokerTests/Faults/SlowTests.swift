import RedisBroker
import ServiceQueue
import Testing

@testable import RedisBroker

/// Redis answers late, or not yet, or only questions.
@Suite(.timeLimit(.minutes(1))) struct SlowTests {
  @Test func aShortPauseIsWaitedFor() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(5)) { broker in
      _ = try await broker.store(1)
      try redis.control().send("CLIENT", "PAUSE", "400", "ALL")
      #expect(try await broker.store(3).count == 3)
    }
  }

  @Test func aLongPauseLeavesTheOutcomeOpen() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(1)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let service = try await broker.store(1)[0]
      let control = try redis.control()
      try control.send("CLIENT", "PAUSE", "60000", "WRITE")
      let began = ContinuousClock.now
      #expect(await broker.refusal(.claim(service.ref, lease: nil), key: "k")?.code == .outcomeUnknown)
      #expect(ContinuousClock.now - began < .seconds(5))
      try control.send("CLIENT", "UNPAUSE")
      #expect(await eventually { await broker.refusal(.claim(service.ref, lease: nil), key: "k") == nil })
      #expect(try await broker.service(service.id).version == 2)
    }
  }

  @Test func whileItLoadsNothingIsChanged() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(1)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      // It answers anyone only after each 1,024 commands that it has read.
      var services: [Service] = []
      for _ in 0..<4 { services += try await broker.store(400) }
      redis.kill()
      try redis.start(["key-load-delay 400"])
      #expect(await eventually { await broker.health().lastFailure?.hasPrefix("LOADING") == true })
      let refusal = await broker.refusal(.claim(services[0].ref, lease: nil))
      #expect(refusal?.code == .unavailable)
      #expect(await eventually(within: .seconds(30)) { await broker.health().isConnected })
      #expect(try await broker.service(services[0].id) == services[0])
    }
  }

  @Test func aReplicaRefusesChanges() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(1)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let service = try await broker.store(1)[0]
      let control = try redis.control()
      try control.send("REPLICAOF", "127.0.0.1", "1")
      let refusal = await broker.refusal(.claim(service.ref, lease: nil), key: "k")
      #expect(refusal?.code == .unavailable && refusal?.changedNothing == true)
      // It looks for the server that takes changes, which may have another address by now.
      #expect(await eventually { await !broker.health().isConnected })
      try control.send("REPLICAOF", "NO", "ONE")
      #expect(await eventually { await broker.refusal(.claim(service.ref, lease: nil), key: "k") == nil })
    }
  }
}
