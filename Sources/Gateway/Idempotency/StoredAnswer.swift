import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

/// An answer as it is kept: `{"status":201,"headers":[["location","/v1/users/..."],...]}`, a line feed, and the body's bytes.
struct StoredAnswer: Hashable, Sendable {
  /// The longest body that is kept; an answer with a longer one is given once.
  static let longestBody = 256 * 1_024

  let status: Int
  let headers: HTTPFields
  let body: [UInt8]

  /// True for an answer to keep: not one that tells the client to try again.
  static func isKept(status: Int) -> Bool { status < 500 && status != 429 }

  /// Writes the body out of a response; nil when that is too long.
  init?(_ response: Response) async throws {
    let collector = Collector()
    do { try await response.body.write(BodyCollector(into: collector)) } catch is BodyCollector.TooLong { return nil }
    status = response.status.code
    headers = response.headers
    body = collector.bytes
  }

  /// Reads `encoded`; nil when it is none.
  init?(encoded: [UInt8]) {
    guard let end = encoded.firstIndex(of: UInt8(ascii: "\n")), let head = try? JSONScanner.parse(encoded[..<end]),
      let status = head["status"]?.int.flatMap({ Int(exactly: $0) }), let fields = head["headers"]?.array
    else { return nil }
    var headers = HTTPFields()
    for field in fields {
      guard let pair = field.array, pair.count == 2, let name = pair[0].string.flatMap({ HTTPField.Name($0) }),
        let value = pair[1].string
      else { return nil }
      headers.append(HTTPField(name: name, value: value))
    }
    self.status = status
    self.headers = headers
    body = Array(encoded[(end + 1)...])
  }

  var encoded: [UInt8] {
    var json = JSONWriter(capacity: 512 + body.count)
    json.object {
      $0.key("status")
      $0.number(status)
      $0.key("headers")
      $0.array { list in
        for field in headers {
          list.array {
            $0.string(field.name.rawName)
            $0.string(field.value)
          }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")] + body
  }

  var response: Response {
    Response(
      status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}

/// Where a body is gathered; one task's alone.
private final class Collector { var bytes: [UInt8] = [] }

/// Gathers a body in place of sending it.
private struct BodyCollector: ResponseBodyWriter {
  struct TooLong: Error {}

  private let collector: Collector

  init(into collector: Collector) { self.collector = collector }

  mutating func write(_ buffer: ByteBuffer) async throws {
    guard collector.bytes.count + buffer.readableBytes <= StoredAnswer.longestBody else { throw TooLong() }
    collector.bytes += buffer.readableBytesView
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
