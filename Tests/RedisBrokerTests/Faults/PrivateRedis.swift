import Foundation
import Glibc

@testable import RedisBroker

/// A Redis server of one test's own, on a free port of the loopback interface, for what must not happen to the shared one.
final class PrivateRedis {
  let url: RedisURL
  let port: Int
  private let directory: URL
  private let settings: [String]
  private let password: String?
  private var process: Process?

  /// Starts it. `settings` are lines of its configuration.
  init(_ settings: [String] = ["appendonly yes", "appendfsync always"], password: String? = nil) throws {
    port = try Self.freePort()
    let login = password?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { ":\($0)@" } ?? ""
    url = try RedisURL("redis://\(login)127.0.0.1:\(port)/0")
    directory = FileManager.default.temporaryDirectory.appending(path: unique("usher-redis"))
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    self.password = password
    self.settings = settings + (password.map { ["requirepass \($0)"] } ?? [])
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Starts it over the data that it left, with `more` settings. A write beyond the limit of its files fails, as on a full disk, and
  /// does not end it.
  func start(_ more: [String] = []) throws {
    let configuration = directory.appending(path: "redis.conf")
    let lines =
      ["bind 127.0.0.1", "port \(port)", "dir \(directory.path())", "save \"\"", "logfile redis.log"] + settings + more
    try lines.joined(separator: "\n").write(to: configuration, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c", "trap '' XFSZ; exec \"${USHER_TEST_REDIS_SERVER:-redis-server}\" \"$0\"", configuration.path(),
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
  }

  var isRunning: Bool { process?.isRunning ?? false }

  /// Ends it as a power cut would, without a chance to save anything.
  func kill() {
    guard let process else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// Stops it from answering, without closing its connections.
  func freeze() {
    if let process { Glibc.kill(process.processIdentifier, SIGSTOP) }
  }

  func thaw() {
    if let process { Glibc.kill(process.processIdentifier, SIGCONT) }
  }

  /// None of its files may grow beyond so many bytes from now on; nil for no limit.
  func limitFiles(to bytes: UInt64?) throws {
    guard let process else { return }
    let limit = bytes.map { "\($0)" } ?? "unlimited"
    let setter = Process()
    setter.executableURL = URL(filePath: "/usr/bin/env")
    setter.arguments = ["prlimit", "--pid", "\(process.processIdentifier)", "--fsize=\(limit):unlimited"]
    try setter.run()
    setter.waitUntilExit()
    guard setter.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
  }

  /// The size of its append-only files.
  func appendedBytes() throws -> UInt64 {
    let files = try FileManager.default.contentsOfDirectory(
      at: directory.appending(path: "appendonlydir"), includingPropertiesForKeys: [.fileSizeKey])
    return try files.reduce(0) { try $0 + UInt64($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
  }

  /// Puts its data aside, to be had again by `restore`. Not while it runs and writes, unless it is frozen.
  func backUp() throws {
    let copy = directory.appending(path: "backup")
    try? FileManager.default.removeItem(at: copy)
    try FileManager.default.copyItem(at: directory.appending(path: "appendonlydir"), to: copy)
  }

  /// Kills it and starts it with the data that were put aside.
  func restore() throws {
    kill()
    let data = directory.appending(path: "appendonlydir")
    try FileManager.default.removeItem(at: data)
    try FileManager.default.copyItem(at: directory.appending(path: "backup"), to: data)
    try start()
  }

  /// A connection past the Broker, for what an operator does. Waits until the server answers.
  func control() throws -> RedisControl {
    let end = ContinuousClock.now + .seconds(10)
    while true {
      do {
        let control = try RedisControl(port: port)
        if let password { _ = try control.send("AUTH", password) }
        if case .status("PONG") = try control.send("PING") { return control }
      } catch  where ContinuousClock.now < end {}
      guard ContinuousClock.now < end else { throw CocoaError(.fileReadUnknown) }
      usleep(10_000)
    }
  }

  /// A port that is free now; another program may take it before the server does, which then fails the test. Below those that
  /// the system gives to outgoing connections, so that none of them takes it while the server is down.
  static func freePort() throws -> Int {
    for _ in 0..<100 {
      let port = Int.random(in: 20_000..<32_000)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      var address = loopback(port)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if result == 0 { return port }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// The address of a port of this machine.
func loopback(_ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  address.sin_port = UInt16(port).bigEndian
  return address
}
