import Foundation
import Glibc

/// One connection that asks and waits for the answer; whoever answers says how long the body is.
final class PlainHTTP {
  private let descriptor: CInt

  init(port: Int) throws {
    descriptor = try Loopback.connect(to: port)
  }

  deinit { close(descriptor) }

  func ask(
    _ method: String, _ path: String, _ body: String?, headers: [String: String] = [:]
  ) throws -> (status: Int, body: [UInt8]) {
    var request = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for (name, value) in headers { request += "\(name): \(value)\r\n" }
    if let body { request += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
    let bytes = Array((request + "\r\n" + (body ?? "")).utf8)
    guard send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
      throw BenchError("the server takes no requests")
    }
    var received: [UInt8] = []
    while true {
      if let answer = Self.answer(in: received) { return answer }
      var buffer = [UInt8](repeating: 0, count: 8_192)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0, received.count < 65_536 else { throw BenchError("the server does not answer \(path)") }
      received += buffer[..<count]
    }
  }

  private static func answer(in bytes: [UInt8]) -> (status: Int, body: [UInt8])? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
    let lines = head.components(separatedBy: "\r\n")
    let length = lines.first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) }
    guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
    let body = bytes[end.upperBound...]
    guard body.count >= length ?? 0 else { return nil }
    return (status, Array(body.prefix(length ?? 0)))
  }
}
