import Foundation

/// An answer to a request.
struct HTTPAnswer: Sendable {
  let status: Int
  let body: [UInt8]
}

/// Answers out of the bytes of a connection, each with a `Content-Length`. Pure.
struct HTTPAnswers {
  private static let longestHead = 65_536
  private static let longestBody = 16 * 1_024 * 1_024

  private var bytes: [UInt8] = []

  mutating func append(_ more: [UInt8]) { bytes += more }

  /// The next answer; nil until all of it has come.
  mutating func next() throws(LoadError) -> HTTPAnswer? {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      guard bytes.count <= Self.longestHead else { throw LoadError("bad_answer") }
      return nil
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else { throw LoadError("bad_answer") }
    var length = 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw LoadError("bad_answer") }
      let (name, value) = (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces))
      if name == "content-length" { length = Int(value) ?? -1 }
      if name == "transfer-encoding" { length = -1 }
    }
    guard (0...Self.longestBody).contains(length) else { throw LoadError("bad_answer") }
    guard bytes.count >= end.upperBound + length else { return nil }
    let body = Array(bytes[end.upperBound..<end.upperBound + length])
    bytes.removeSubrange(..<(end.upperBound + length))
    return HTTPAnswer(status: status, body: body)
  }

  /// What came behind the last answer.
  mutating func takeRest() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }
}
