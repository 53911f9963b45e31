import FieldEncryption
import Foundation
import Glibc
import RedisBroker

/// A Redis server of our own, on a free port of the loopback interface, gone with its data afterwards.
struct PrivateRedis: Sendable {
  /// Where it is.
  let url: RedisURL
  let port: Int
  let password: String
  /// Ours alone, gone afterwards.
  let folder: URL

  private static let startLimit = Duration.seconds(10)

  /// Starts it in a new folder in `parent`, gives it to `body`, and ends it whatever happens.
  static func with<Value>(
    appendfsync: String, in parent: URL, _ body: (PrivateRedis) async throws -> Value
  ) async throws -> Value {
    try await ScratchFolder.with(in: parent) { try await run(appendfsync, in: $0, body) }
  }

  private static func run<Value>(
    _ appendfsync: String, in folder: URL, _ body: (PrivateRedis) async throws -> Value
  ) async throws -> Value {
    let port = try Loopback.freePort()
    let password = try SecureRandom.bytes(24).map { String($0, radix: 16) }.joined()
    let redis = PrivateRedis(
      url: try RedisURL("redis://:\(password)@127.0.0.1:\(port)/0"), port: port, password: password, folder: folder)
    let process = try redis.start(appendfsync)
    let result: Result<Value, any Error>
    do {
      try await awaitStart(of: process, port)
      result = .success(try await body(redis))
    } catch {
      result = .failure(error)
    }
    stop(process)
    return try result.get()
  }

  private func start(_ appendfsync: String) throws -> Process {
    // No rewriting of the log, so that no measurement pays for what another wrote. The slow log keeps everything from 0.2 ms on.
    let configuration = """
      bind 127.0.0.1
      port \(port)
      requirepass \(password)
      dir "\(folder.path())"
      logfile redis.log
      save ""
      appendonly yes
      appendfsync \(appendfsync)
      auto-aof-rewrite-percentage 0
      slowlog-log-slower-than 200
      slowlog-max-len 100000
      maxmemory 4gb
      maxmemory-policy noeviction
      """
    // The folder is ours alone, and so is the password in it.
    let file = folder.appending(path: "redis.conf")
    try Data(configuration.utf8).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["redis-server", file.path()]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Ends it. Foundation gives each process that it starts a group. Not SIGTERM, which Redis inherits blocked from the thread that
  /// starts it; there is nothing to save anyway. Blocks the thread for the milliseconds until it is gone.
  private static func stop(_ process: Process) {
    let id = process.processIdentifier
    if process.isRunning { kill(getpgid(id) == id ? -id : id, SIGKILL) }
    process.waitUntilExit()
  }

  private static func awaitStart(of process: Process, _ port: Int) async throws {
    let end = ContinuousClock.now + startLimit
    while ContinuousClock.now < end {
      guard process.isRunning else {
        throw BenchError(
          "redis-server ended at its start: is it installed (apt install redis-server)? If so, try again")
      }
      if Loopback.listens(on: port) { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw BenchError("redis-server does not listen after \(startLimit)")
  }
}
