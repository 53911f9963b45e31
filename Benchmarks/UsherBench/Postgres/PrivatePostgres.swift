import FieldEncryption
import Foundation
import Glibc
import UserStore

/// A PostgreSQL server of our own, on a free port of the loopback interface, gone with its data afterwards.
struct PrivatePostgres: Sendable {
  /// Where it is, with the password.
  let url: String

  private static let startLimit = Duration.seconds(20)
  private static let user = "bench"

  /// Starts it in a new folder in `parent`, gives it to `body`, and ends it whatever happens. PostgreSQL does not run as root:
  /// there it runs as the user `postgres`, which Debian's package brings.
  static func with<Value>(in parent: URL, _ body: (PrivatePostgres) async throws -> Value) async throws -> Value {
    try await ScratchFolder.with(in: parent) { try await run(in: $0, body) }
  }

  private static func run<Value>(in folder: URL, _ body: (PrivatePostgres) async throws -> Value) async throws -> Value
  {
    let binaries = try binaries()
    let password = try SecureRandom.bytes(24).map { String($0, radix: 16) }.joined()
    let passwordFile = folder.appending(path: "password")
    try Data(password.utf8).write(to: passwordFile)
    if getuid() == 0 {
      let names: [FileAttributeKey: Any] = [.ownerAccountName: "postgres", .groupOwnerAccountName: "postgres"]
      for file in [folder, passwordFile] {
        try FileManager.default.setAttributes(names, ofItemAtPath: file.path())
      }
    }
    let data = folder.appending(path: "data").path()
    let port = try Loopback.freePort()
    let making = process(
      binaries.appending(path: "initdb"),
      [
        "--pgdata", data, "--username", user, "--pwfile", passwordFile.path(), "--auth", "scram-sha-256", "--encoding",
        "UTF8", "--locale", "C.UTF-8", "--no-sync",
      ])
    try making.run()
    making.waitUntilExit()
    guard making.terminationStatus == 0 else {
      throw BenchError("initdb failed: can user postgres write to \(folder.path())?")
    }
    let server = process(
      binaries.appending(path: "postgres"),
      [
        "-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port=\(port)", "-c", "unix_socket_directories=", "-c",
        "max_connections=200", "-c", "shared_buffers=128MB",
      ])
    try server.run()
    let result: Result<Value, any Error>
    do {
      try await awaitStart(of: server, port)
      result = .success(
        try await body(PrivatePostgres(url: "postgresql://\(user):\(password)@127.0.0.1:\(port)/postgres")))
    } catch {
      result = .failure(error)
    }
    // At once: there is nothing to save.
    if server.isRunning { kill(server.processIdentifier, SIGQUIT) }
    server.waitUntilExit()
    return try result.get()
  }

  private static func process(_ program: URL, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let asPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    process.arguments = (getuid() == 0 ? asPostgres : []) + [program.path()] + arguments
    // A folder that user postgres can enter.
    process.currentDirectoryURL = URL(filePath: "/")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  /// Debian keeps each version's programs in a folder of its own, which is in no path.
  private static func binaries() throws -> URL {
    let root = "/usr/lib/postgresql"
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }.sorted()
    for version in versions.reversed() {
      let folder = URL(filePath: "\(root)/\(version)/bin")
      if FileManager.default.isExecutableFile(atPath: folder.appending(path: "initdb").path()) { return folder }
    }
    throw BenchError("there is no PostgreSQL server: apt install postgresql")
  }

  private static func awaitStart(of process: Process, _ port: Int) async throws {
    let end = ContinuousClock.now + startLimit
    while ContinuousClock.now < end {
      guard process.isRunning else { throw BenchError("postgres ended at its start: try again") }
      if Loopback.listens(on: port) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchError("postgres does not listen after \(startLimit)")
  }
}
