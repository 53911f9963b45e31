import Foundation
import Glibc
import RedisBroker

/// A Redis server of one test's own, on a free port of the loopback interface, for what must not happen to the shared one.
final class PrivateRedis {
  let url: RedisURL
  private let port: Int
  private let directory: URL
  private let settings: [String]
  private var process: Process?

  /// Starts it. `settings` are lines of its configuration.
  init(_ settings: [String] = ["appendonly yes", "appendfsync always"], password: String? = nil) throws {
    port = try Self.freePort()
    let login = password?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { ":\($0)@" } ?? ""
    url = try RedisURL("redis://\(login)127.0.0.1:\(port)/0")
    directory = FileManager.default.temporaryDirectory.appending(path: unique("usher-redis"))
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    self.settings = settings + (password.map { ["requirepass \($0)"] } ?? [])
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(at: directory)
  }

  func start() throws {
    let configuration = directory.appending(path: "redis.conf")
    let lines =
      ["bind 127.0.0.1", "port \(port)", "dir \(directory.path())", "save \"\"", "logfile redis.log"] + settings
    try lines.joined(separator: "\n").write(to: configuration, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["redis-server", configuration.path()]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
  }

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

  /// A port that is free now; another program may take it before the server does, which then fails the test.
  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw CocoaError(.fileNoSuchFile) }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
