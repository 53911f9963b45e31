import Foundation
import Glibc
import RedisBroker
import Synchronization

/// Stands between a Broker and its Redis, and can lose an answer: a connection that brought a certain request is cut when the
/// answer comes, so that what it asked for has happened and nobody knows. Each connection has a thread of its own.
final class Relay: Sendable {
  let url: RedisURL
  private let listener: Int32
  private let target: Int
  private let trap = Mutex<Trap?>(nil)

  private struct Trap {
    let request: [UInt8]
    let beforeCutting: @Sendable () -> Void
  }

  /// Relays to the Redis at the port `target` of this machine.
  init(to target: Int) throws {
    self.target = target
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let port = try PrivateRedis.freePort()
    url = try RedisURL("redis://127.0.0.1:\(port)")
    var address = loopback(port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0, listen(listener, 64) == 0 else { throw POSIXError(.EADDRINUSE) }
    Thread.detachNewThread { [self] in acceptAll() }
  }

  /// Ends it: no more connections. Those that stand end with one of their sides.
  func close() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// The next answer on a connection that has brought `request` is lost, and the connection with it, after `action`.
  func loseAnswer(to request: String, after action: @escaping @Sendable () -> Void) {
    trap.withLock { $0 = Trap(request: Array(request.utf8), beforeCutting: action) }
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      Thread.detachNewThread { [self] in relay(client) }
    }
    Glibc.close(listener)
  }

  private func relay(_ client: Int32) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      Glibc.close(client)
      Glibc.close(server)
    }
    var address = loopback(target)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { return }
    var hasBroughtIt = false
    while true {
      var sides = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&sides, 2, -1) > 0 else { return }
      if sides[0].revents != 0 {
        guard let bytes = Self.receive(client) else { return }
        let wanted = trap.withLock { $0?.request }
        if let wanted, !bytes.ranges(of: wanted).isEmpty { hasBroughtIt = true }
        guard Self.send(bytes, to: server) else { return }
      }
      if sides[1].revents != 0 {
        guard let bytes = Self.receive(server) else { return }
        if hasBroughtIt, let trap = trap.withLock({ $0.take() }) { return trap.beforeCutting() }
        guard Self.send(bytes, to: client) else { return }
      }
    }
  }

  private static func receive(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
