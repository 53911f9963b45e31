import Logging
import Reactor
import Testing

@testable import RedisBroker

/// A link that waits a minute after a failure, on a reactor of its own.
private actor PatientLink {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private let link: RedisLink

  init(_ reactor: Reactor, _ url: RedisURL) {
    self.reactor = reactor
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    link = RedisLink(
      name: "test", reactor: reactor, endpoint: url, limit: 1, connectTimeout: .seconds(5),
      policy: Backoff(base: .seconds(60), limit: .seconds(60)), logger: logger, metrics: BrokerMetrics()
    ) { [] }
  }

  var isReady: Bool { link.isReady }
  var failures: Int { link.failures }
  func start() { link.start() }
  func tryNow() { link.tryNow() }
  func close() { link.close() }
}

@Suite(.timeLimit(.minutes(1))) struct LinkTests {
  /// Once one link of a Broker has reached Redis, the others do not wait for their own next attempts.
  @Test func aLinkThatWaitsTriesAtOnceWhenItIsTold() async throws {
    let redis = try PrivateRedis()
    redis.kill()
    let reactor = try Reactor(name: "link-test")
    let link = PatientLink(reactor, redis.url)
    await link.start()
    #expect(await eventually { await link.failures == 1 })
    try redis.start()
    // The server needs a moment; each time it is told it tries once.
    #expect(
      await eventually {
        await link.tryNow()
        return await link.isReady
      })
    await link.tryNow()
    #expect(await link.isReady)
    await link.close()
    await reactor.shutdown()
  }
}
