import Logging

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One JSON object a line, for collectors.
  case json
  /// For people.
  case text
}

/// One record of the log, made into one line of at most `limit` bytes of message and of each value.
struct LogLine {
  /// The most bytes of a message or a value that are written: 4,096.
  static let limit = 4_096

  var time: String
  var level: Logger.Level
  var label: String
  var message: String
  /// Sorted by key.
  var metadata: [(key: String, value: String)]

  func bytes(_ format: LogFormat) -> [UInt8] {
    switch format {
    case .json: json()
    case .text: text()
    }
  }

  private func json() -> [UInt8] {
    var out = Array("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"logger\":".utf8)
    Self.quote(label, into: &out)
    out.append(contentsOf: ",\"message\":".utf8)
    Self.quote(message, into: &out)
    for (key, value) in metadata {
      out.append(UInt8(ascii: ","))
      Self.quote(key, into: &out)
      out.append(UInt8(ascii: ":"))
      Self.quote(value, into: &out)
    }
    out.append(contentsOf: "}\n".utf8)
    return out
  }

  private func text() -> [UInt8] {
    var out = Array("\(time) \(level.rawValue.uppercased()) [\(label)] ".utf8)
    Self.appendPlain(message, into: &out)
    for (key, value) in metadata {
      out.append(contentsOf: " \(key)=".utf8)
      Self.appendPlain(value, into: &out)
    }
    out.append(UInt8(ascii: "\n"))
    return out
  }

  private static func quote(_ value: String, into out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for scalar in cut(value).unicodeScalars {
      switch scalar {
      case "\"": out.append(contentsOf: "\\\"".utf8)
      case "\\": out.append(contentsOf: "\\\\".utf8)
      case "\n": out.append(contentsOf: "\\n".utf8)
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        out.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
      default: out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  /// Control characters become spaces: a line stays a line.
  private static func appendPlain(_ value: String, into out: inout [UInt8]) {
    out.append(contentsOf: cut(value).utf8.lazy.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 })
  }

  private static func cut(_ value: String) -> String {
    value.utf8.count <= limit ? value : String(decoding: value.utf8.prefix(limit), as: UTF8.self) + "..."
  }
}
