import Gateway
import Logging
import ServiceLifecycle
import Testing

@Suite struct HealthAnswerTests {
  typealias Address = GatewayConfiguration.Address

  /// Runs an admin listener whose one dependency is ready or not, and asks it.
  private func answer(isReady: Bool, _ question: HealthAnswer.Question) async throws -> HealthAnswer? {
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let listener = AdminListener(
      address: Address(host: "127.0.0.1", port: 0), health: { [DependencyStatus(name: "redis", isReady: isReady)] },
      metricsText: { "" }, logger: Logger(label: "test"), onRunning: { running.yield($0) })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listener.run() }
      defer { group.cancelAll() }
      var port = ports.makeAsyncIterator()
      let address = Address(host: "0.0.0.0", port: try #require(await port.next())).reachable
      return await HealthAnswer.asked(of: address, question)
    }
  }

  @Test func readinessIsTheDependencies() async throws {
    let ready = try #require(await answer(isReady: true, .ready))
    #expect(ready.isGood && ready.text.contains(#""status":"ready""#))
    let lacking = try #require(await answer(isReady: false, .ready))
    #expect(!lacking.isGood && lacking.text.contains(#"{"name":"redis","ready":false}"#))
  }

  @Test func livenessAsksForNoDependency() async throws {
    let live = try #require(await answer(isReady: false, .live))
    #expect(live.isGood)
  }

  @Test func nobodyAnswers() async {
    #expect(await HealthAnswer.asked(of: Address(host: "127.0.0.1", port: 1), .ready) == nil)
  }

  @Test(arguments: [("0.0.0.0:81", "127.0.0.1:81"), ("[::]:81", "[::1]:81"), ("10.1.2.3:81", "10.1.2.3:81")])
  func whereTheSameMachineCalls(listens: String, reached: String) throws {
    #expect(try #require(Address(listens)).reachable.description == reached)
  }
}
