import FieldEncryption
import Foundation
import Intake
import Logging
import Reactor
import RedisBroker
import ServiceQueue
import UserStore

/// Requests that wait in RabbitMQ's quorum queue, taken into Redis: by the intake as it is in the server, by two programs in Go, and the
/// rate of the Redis function alone.
struct DrainMeasurement: Sendable {
  /// One drain.
  struct Run: Sendable, Encodable {
    let requests: Int
    let seconds: Double
    /// Of the process that drains, user and system.
    let cpuSeconds: Double

    var perSecond: Double { Double(requests) / seconds }
    var cpuMicroseconds: Double { cpuSeconds / Double(requests) * 1e6 }
  }

  struct Results: Sendable, Encodable {
    let usher: [Run]
    let goSingle: [Run]
    let goBatched: [Run]
    /// Commands a second of `redis-benchmark -P 64` with the same function, a service a command.
    let redisBenchmark: [Double]
  }

  let plan: IntakePlan
  let redis: PrivateRedis
  let rabbit: PrivateRabbitMQ
  let folder: URL

  private static let startLimit = Duration.seconds(600)

  /// Measures, all by turns. Throws when a request is lost or doubled.
  func measure() async throws -> Results {
    let program = try await GoConsumer.build(in: folder)
    var (usher, single, batched): ([Run], [Run], [Run]) = ([], [], [])
    var theirs: [Double] = []
    for number in 0..<plan.runs {
      usher.append(try await ours())
      let template = try await template()
      single.append(try await fill { try await consumer(program, .single, template) })
      batched.append(try await fill { try await consumer(program, .batched, template) })
      try await redis.ask([["FLUSHALL"]])
      try await withBroker { _ in
        theirs.append(
          try await redis.rate(
            of: template.words.fresh(number), requests: plan.commands, numbers: FunctionWords.manyNumbers))
      }
    }
    return Results(usher: usher, goSingle: single, goBatched: batched, redisBenchmark: theirs)
  }

  /// Publishes the requests of a run and waits until RabbitMQ has confirmed them, then measures.
  private func fill(_ body: () async throws -> Run) async throws -> Run {
    try await SamplePublisher(url: rabbit.url).publish(IntakeRequests(), count: plan.requests)
    return try await body()
  }

  private func ours() async throws -> Run {
    try await redis.ask([["FLUSHALL"]])
    return try await withBroker { broker in
      try await fill {
        let reactor = try Reactor(name: "bench-intake")
        let consumer = ConsumerActor(
          configuration: IntakeConfiguration(url: rabbit.url, prefetch: plan.prefetch), broker: broker,
          vault: try FieldVault(keyset: try Keyset.generate()), rules: RuleSet(), reactor: reactor,
          logger: Logger(label: "usher.bench") { _ in SwiftLogNoOpLogHandler() })
        let run = try await withThrowingTaskGroup(of: Void.self) { group in
          let events = await broker.subscribe().batches
          // As a Gateway would.
          group.addTask { for await _ in events {} }
          let watch = Stopwatch()
          group.addTask { await consumer.run() }
          let sample = try await stored(by: broker, watch)
          group.cancelAll()
          return Run(requests: plan.requests, seconds: sample.seconds, cpuSeconds: sample.cpuSeconds)
        }
        await reactor.shutdown()
        return run
      }
    }
  }

  /// Waits until every request is in its queue.
  private func stored(by broker: BrokerActor, _ watch: Stopwatch) async throws -> Sample {
    let queue = try Self.queue()
    while watch.elapsed < Self.startLimit {
      let summary = try await broker.queue(queue)
      guard summary.total < plan.requests else {
        let sample = watch.sample(operations: plan.requests)
        guard summary.version == UInt64(plan.requests), summary.total == plan.requests else {
          throw BenchError("\(plan.requests) requests became \(summary.total) services; this is a bug")
        }
        return sample
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw BenchError("the intake did not take \(plan.requests) requests in \(Self.startLimit)")
  }

  private func consumer(_ program: URL, _ kind: GoConsumer.Kind, _ template: GoConsumer.Template) async throws -> Run {
    try await redis.ask([["FLUSHALL"]])
    return try await withBroker { broker in
      let run = try await GoConsumer(program: program, rabbit: rabbit, redis: redis, folder: folder)
        .drain(plan.requests, prefetch: plan.prefetch, kind, template)
      let total = try await broker.queue(try Self.queue()).total
      guard total == plan.requests else {
        throw BenchError("\(plan.requests) requests became \(total) services of the program in Go")
      }
      return run
    }
  }

  /// The call that stores one service, with a queue that is there.
  private func template() async throws -> GoConsumer.Template {
    try await withBroker { broker in
      let sample = NumberedIDs()
      let one = try SampleSubmissions().printable(of: sample, for: try Self.queue())
      let words = try FunctionWords(await broker.words(of: [one]))
      return GoConsumer.Template(
        words: words.anyService(of: NumberedIDs(), for: sample), call: words, id: try sample.id(0).rawValue)
    }
  }

  /// A Broker with the queue.
  private func withBroker<Value: Sendable>(_ body: (BrokerActor) async throws -> Value) async throws -> Value {
    try await BenchBroker.with(on: redis) { broker in
      _ = try await broker.createQueue(try Self.queue())
      return try await body(broker)
    }
  }

  private static func queue() throws -> QueueName {
    guard let queue = QueueName(IntakeRequests.queueName) else { throw BenchError("no name of a queue; this is a bug") }
    return queue
  }
}
