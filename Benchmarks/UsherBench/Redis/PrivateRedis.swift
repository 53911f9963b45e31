import FieldEncryption
import Foundation
import Glibc
import RedisBroker

/// A Redis server of our own, on a free port of the loopback interface, gone with its data afterwards.
enum PrivateRedis {
  private static let startLimit = Duration.seconds(10)

  /// Starts it in a new folder in `parent`, gives `body` its address, and ends it whatever happens.
  static func with<Value>(
    appendfsync: String, in parent: URL, _ body: (RedisURL) async throws -> Value
  ) async throws -> Value {
    let folder = parent.appending(path: "usher-bench-" + String(UInt64.random(in: 0...UInt64.max), radix: 36))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try Loopback.freePort()
    let password = try SecureRandom.bytes(24).map { String($0, radix: 16) }.joined()
    let process = try start(port, password, appendfsync, in: folder)
    let result: Result<Value, any Error>
    do {
      try await awaitStart(of: process, port)
      result = .success(try await body(try RedisURL("redis://:\(password)@127.0.0.1:\(port)/0")))
    } catch {
      result = .failure(error)
    }
    stop(process)
    return try result.get()
  }

  private static func start(_ port: Int, _ password: String, _ appendfsync: String, in folder: URL) throws -> Process {
    let configuration = """
      bind 127.0.0.1
      port \(port)
      requirepass \(password)
      dir "\(folder.path())"
      logfile redis.log
      save ""
      appendonly yes
      appendfsync \(appendfsync)
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

  /// Ends it and the process of its own that may be rewriting its log: Foundation gives each process that it starts a group.
  /// Not SIGTERM, which Redis inherits blocked from the thread that starts it; there is nothing to save anyway. Blocks the
  /// thread for the milliseconds until it is gone.
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
