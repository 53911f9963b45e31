import Foundation
import Glibc

@testable import RedisBroker

/// A plain connection to a Redis, on which an operator's commands are given. Blocks the thread for as long as Redis takes to answer,
/// at most five seconds.
final class RedisControl {
  private let descriptor: Int32
  private var received: ArraySlice<UInt8> = []

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port)
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw POSIXError(.ECONNREFUSED)
    }
  }

  deinit { close(descriptor) }

  /// Sends a command and returns its answer.
  @discardableResult
  func send(_ words: String...) throws -> RedisValue { try send(words) }

  /// Sends a command and returns its answer.
  @discardableResult
  func send(_ words: [String]) throws -> RedisValue {
    var text = "*\(words.count)\r\n"
    for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
    let bytes = Array(text.utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw POSIXError(.EPIPE)
    }
    return try receive()
  }

  private func receive() throws -> RedisValue {
    let line = try line()
    let text = String(decoding: line.dropFirst(), as: UTF8.self)
    switch line.first {
    case UInt8(ascii: "+"): return .status(text)
    case UInt8(ascii: "-"): return .error(text)
    case UInt8(ascii: ":"): return .integer(Int64(text) ?? 0)
    case UInt8(ascii: "$"):
      guard let count = Int(text), count >= 0 else { return .null }
      while received.count < count + 2 { try read() }
      defer { received = received.dropFirst(count + 2) }
      return .string(Array(received.prefix(count)))
    case UInt8(ascii: "*"):
      guard let count = Int(text), count >= 0 else { return .null }
      return .array(try (0..<count).map { _ in try receive() })
    default: throw POSIXError(.EPROTO)
    }
  }

  /// The next line without its end.
  func line() throws -> ArraySlice<UInt8> {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        defer { received = received[(end + 1)...] }
        return received[..<(end - 1)]
      }
      try read()
    }
  }

  private func read() throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { throw POSIXError(.ECONNRESET) }
    received = received + buffer[..<count]
  }
}
