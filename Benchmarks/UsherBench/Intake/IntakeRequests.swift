import Foundation
import Intake
import ServiceQueue

/// The messages of the benchmark: structured CloudEvents of 300 bytes for one queue, each with an id of its own.
struct IntakeRequests: RequestSource {
  static let size = 300
  static let queueName = "bench"

  private let ids = NumberedIDs()

  func request(_ number: Int) throws -> SampleRequest { try request(number, kind: "towing") }

  /// Request number `number`, below 10^12.
  func request(_ number: Int, kind: String) throws -> SampleRequest {
    let id = try ids.id(number)
    let head =
      #"{"specversion":"1.0","id":"\#(id)","source":"/bench","type":"usher.service.requested","data":{"#
      + #""queue":"\#(Self.queueName)","kind":"\#(kind)","customer":{"name":"Nina Example"},"details":{"note":""#
    let tail = #""}}}"#
    let note = Self.size - head.utf8.count - tail.utf8.count
    guard note >= 0 else { throw BenchError("a request has more than \(Self.size) bytes; this is a bug") }
    return SampleRequest(
      routingKey: "service.\(Self.queueName).\(kind)",
      body: Array((head + String(repeating: "n", count: note) + tail).utf8))
  }
}
