import Foundation

/// The program in Go that takes requests from RabbitMQ into Redis, built from `Benchmarks/Baselines/intake`.
struct GoConsumer: Sendable {
  /// How it calls Redis.
  enum Kind: String, Sendable {
    /// A function call a request, its answer awaited, then the request acknowledged.
    case single
    /// What has arrived, up to 50 requests, in one call, acknowledged together.
    case batched
  }

  /// The call that stores one service.
  struct Template: Sendable {
    /// For `redis-benchmark`.
    let words: FunctionWords
    /// For the program, which puts its own id and key in.
    let call: FunctionWords
    let id: String
  }

  let program: URL
  let rabbit: PrivateRabbitMQ
  let redis: PrivateRedis
  let folder: URL

  /// Builds it in `folder` with Debian's Go and libraries.
  static func build(in folder: URL) async throws -> URL {
    try await GoProgram.build(
      "intake", needs: "golang-github-rabbitmq-amqp091-go-dev, golang-github-gomodule-redigo-dev", in: folder)
  }

  /// Takes `count` requests.
  func drain(_ count: Int, prefetch: Int, _ kind: Kind, _ template: Template) async throws -> DrainMeasurement.Run {
    let file = folder.appending(path: "call.json")
    try JSONSerialization.data(withJSONObject: ["words": template.call.texts, "id": template.id]).write(to: file)
    let output = try await Tool.run(
      program.path(), [kind.rawValue, "\(count)", "\(prefetch)", file.path()],
      environment: [
        "BENCH_AMQP_URL": rabbit.text, "BENCH_REDIS_ADDRESS": "127.0.0.1:\(redis.port)",
        "BENCH_REDIS_PASSWORD": redis.password,
      ], in: folder)
    let words = output.split(whereSeparator: \.isWhitespace)
    guard words.count == 3, words[0] == "measured", let seconds = Double(words[1]), let cpu = Double(words[2]) else {
      throw BenchError("the program in Go says: \(output.prefix(300))")
    }
    return DrainMeasurement.Run(requests: count, seconds: seconds, cpuSeconds: cpu)
  }
}
