import Reactor
import ServiceQueue
import Testing

@testable import Intake

@Suite("Reconnecting", .serialized)
struct ReconnectTests {
  @Test func goesOnAfterTheConnectionWasCut() async throws {
    try await withIntake(delay: .milliseconds(5)) { probe, broker, topology in
      try await withProxy { proxy, url in
        try await withConsumer(topology, broker, prefetch: 50, url: url) { running in
          for round in 0..<3 {
            try await probe.publish("r\(round)-", 0..<400)
            try await eventually("under way") { broker.stored.count > round * 400 + 60 }
            await proxy.cut()
            try await eventually("round \(round) stored") { broker.stored.count == (round + 1) * 400 }
          }
          try await eventually("ready") { running.consumer.health().isReady }
        }
        #expect(await proxy.accepted >= 4)
      }
      #expect(Set(broker.stored.map(\.idempotencyKey)).count == 1_200)
      try await eventually("acknowledged") { try await probe.count(of: topology.queue).messages == 0 }
    }
  }

  @Test func comesBackWhenItsQueueIsDeleted() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker) { running in
        try await eventually("ready") { running.consumer.health().isReady }
        try await probe.deleteQueue(topology.queue)
        try await eventually("told") { running.consumer.health().detail.hasPrefix("consumer_cancelled:") }
        try await eventually("ready again") { running.consumer.health().isReady }
        try await probe.publish("a", 0..<5)
        try await eventually("stored") { broker.stored.count == 5 }
      }
    }
  }

  @Test func noticesASilentPeer() async throws {
    try await withIntake { probe, broker, topology in
      try await withProxy { proxy, url in
        let reactor = try Reactor(name: "silent")
        let silent = SilentPeer(reactor: reactor)
        try await silent.open(url)
        await proxy.freeze()
        let began = ContinuousClock.now
        #expect(await silent.waitForError(within: .seconds(20)) == .heartbeatMissed)
        #expect(ContinuousClock.now - began < .seconds(15))
        await silent.drop()
        await reactor.shutdown()
      }
    }
  }

  @Test func keepsTryingWhileNobodyListens() async throws {
    try await withIntake { probe, broker, topology in
      let nobody = try AMQPURL("amqp://usher:secret-word@127.0.0.1:1/")
      try await withConsumer(topology, broker, url: nobody) { running in
        try await eventually("told") { running.consumer.health().state == .disconnected }
        #expect(running.consumer.health().detail.hasPrefix("connect_failed:"))
        #expect(!running.consumer.health().detail.contains("secret-word"))
      }
    }
  }

  @Test func aRefusedLoginIsAClearError() async throws {
    let good = try testURL()
    let reactor = try Reactor(name: "login")
    let peer = SilentPeer(reactor: reactor)
    let wrong = [
      "amqp://\(good.user):secret-word@\(good.host):\(good.port)",
      "amqp://\(good.user):\(good.password)@\(good.host):\(good.port)/no-such-host",
    ]
    for text in wrong {
      let error = await #expect(throws: AMQPError.self) { try await peer.open(try AMQPURL(text)) }
      #expect(error?.code == .accessRefused)
      #expect(error?.description.contains("secret-word") == false)
    }
    await reactor.shutdown()
  }
}

/// A bare connection with the shortest heartbeat.
private actor SilentPeer {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private var connection: AMQPConnection?

  init(reactor: Reactor) { self.reactor = reactor }

  func open(_ url: AMQPURL) throws {
    connection = try AMQPConnection.open(url, options: .init(name: "silent", heartbeat: 1))
  }

  func waitForError(within limit: Duration) -> AMQPError.Code? {
    let end = ContinuousClock.now + limit
    do throws(AMQPError) {
      while ContinuousClock.now < end { _ = try connection?.drain(wait: .milliseconds(100)) }
      return nil
    } catch {
      return error.code
    }
  }

  func drop() { connection = nil }
}
