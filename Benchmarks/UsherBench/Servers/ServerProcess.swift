import Foundation
import Glibc

/// A server that is measured: a process of its own, which is given orders through its standard input. Used by one thread.
final class ServerProcess {
  /// Which one.
  enum Kind: Hashable, Sendable {
    /// The Gateway, with so many users.
    case gateway(users: Int)
    /// The same over the real Broker and the Redis there, under a site's name of its own.
    case gatewayOverRedis(users: Int, url: String, site: String)
    /// That one, and the intake from the RabbitMQ there.
    case gatewayWithIntake(users: Int, url: String, site: String, rabbit: String)
    /// The bare one in C, which sends events like this one to so many sockets.
    case floor(event: String, sockets: Int, window: Int)
    /// The Gateway over users in the PostgreSQL there, sealed by the keyset there.
    case rest(url: String, keyset: URL)
    /// A program that does the same as that one.
    case baseline(program: URL, url: String, keyset: URL)

    fileprivate var arguments: [String] {
      switch self {
      case .gateway(let users): ["fanout-server", "--users", "\(users)"]
      case .gatewayOverRedis(let users, _, let site), .gatewayWithIntake(let users, _, let site, _):
        ["fanout-server", "--users", "\(users)", "--redis-site", site]
      case .floor(let event, let sockets, let window):
        ["fanout-floor", "--event", event, "--sockets", "\(sockets)", "--window", "\(window)"]
      case .rest: ["rest-server"]
      case .baseline: []
      }
    }

    /// Nil for this one.
    fileprivate var program: URL? {
      if case .baseline(let program, _, _) = self { program } else { nil }
    }

    /// The URLs hold passwords, which are not for the list of processes.
    fileprivate var environment: [String: String] {
      switch self {
      case .gatewayOverRedis(_, let url, _): [FanoutServer.redisVariable: url]
      case .gatewayWithIntake(_, let url, _, let rabbit):
        [FanoutServer.redisVariable: url, FanoutServer.rabbitVariable: rabbit]
      case .rest(let url, let keyset), .baseline(_, let url, let keyset):
        [RestServer.databaseVariable: url, RestServer.keysetVariable: keyset.path()]
      case .gateway, .floor: [:]
      }
    }

    private var isOverRedis: Bool {
      switch self {
      case .gatewayOverRedis, .gatewayWithIntake: true
      case .gateway, .floor, .rest, .baseline: false
      }
    }

    /// The version before the first event.
    var firstVersion: UInt64 {
      isOverRedis ? 0 : BenchEvent.firstVersion
    }

    /// What stands before the moment at which an event was made.
    var stamp: String {
      isOverRedis ? RedisEvents.stamp : BenchEvent.stamp
    }
  }

  let kind: Kind
  private let process: Process
  private let output: CInt
  private var unread: [UInt8] = []
  /// Where orders are written to.
  let orders: CInt
  /// Where the clients connect to.
  private(set) var port = 0
  private(set) var adminPort = 0
  let usage: ProcessUsage

  /// Starts one, gives it to `body` once it listens, and ends it whatever happens.
  static func with<Value>(
    _ kind: Kind, _ interrupt: Interrupt, _ body: (ServerProcess) throws -> Value
  ) throws -> Value {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = kind.program ?? URL(filePath: own)
    process.arguments = kind.arguments
    process.environment = ProcessInfo.processInfo.environment.merging(kind.environment) { $1 }
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let id = process.processIdentifier
    defer {
      // It has nothing to lose. It cannot be gone and its id another's before it was waited for.
      if process.isRunning { kill(id, SIGKILL) }
      process.waitUntilExit()
    }
    // The descriptors are the pipes', which live as long as this function.
    return try withExtendedLifetime((input, output)) {
      try interrupt.guarding({ kill(id, SIGKILL) }) {
        let server = ServerProcess(
          kind, process, orders: input.fileHandleForWriting.fileDescriptor,
          output: output.fileHandleForReading.fileDescriptor
        )
        let ports = try server.answer("ready", within: 20)
        server.port = ports.first ?? 0
        server.adminPort = ports.last ?? 0
        return try body(server)
      }
    }
  }

  private init(_ kind: Kind, _ process: Process, orders: CInt, output: CInt) {
    self.kind = kind
    self.process = process
    self.orders = orders
    self.output = output
    usage = ProcessUsage(id: process.processIdentifier)
  }

  /// Gives an order.
  func order(_ line: String) throws {
    let bytes = Array((line + "\n").utf8)
    guard write(orders, bytes, bytes.count) == bytes.count else { throw BenchError("the server takes no orders") }
  }

  /// Waits for the answer that begins with `word`, and gives back the numbers behind it.
  func answer(_ word: String, within seconds: Int) throws -> [Int] {
    let words = try line(within: seconds).split(separator: " ")
    guard words.first.map(String.init) == word else {
      throw BenchError("the server said '\(words.joined(separator: " "))' instead of '\(word)'")
    }
    return words.dropFirst().compactMap { Int($0) }
  }

  private func line(within seconds: Int) throws -> String {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[..<newline], as: UTF8.self)
        unread.removeSubrange(...newline)
        return line
      }
      var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      let left = Int32(max(0, (end - .now) / .milliseconds(1)))
      let ready = poll(&wanted, 1, left)
      if ready == 0 { throw BenchError("the server says nothing for \(seconds) s") }
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BenchError("the server has ended; what it wrote to the standard error tells why") }
      unread += buffer[..<count]
    }
  }
}
