import Foundation
import ServiceQueue
import Testing

@testable import Intake

/// No message crashes the intake's analysis: each ends as a request or as a rejection, and the same one twice in the same way.
@Suite("Envelope mutations")
struct EnvelopeMutationTests {
  private static let seeds = [
    #"{"specversion":"1.0","id":"7","source":"/shop","type":"t","time":"2018-04-05T17:31:00Z","data":{"queue":"q","kind":"k","priority":3,"customer":{"name":"Ann"},"details":{"a":[1,2,{"b":null}]}}}"#,
    #"{"specversion":"1.0","id":"7","source":"/shop","type":"t","data_base64":"eyJxdWV1ZSI6InEifQ=="}"#,
    #"{"queue":"q","kind":"k","requires":["a"],"scheduled_for":"2030-01-01T00:00:00Z","details":{"x":1.5e3,"y":"\u00e9\ud83d\ude00"}}"#,
    "[[[[[[]]]]]]", "", "\u{FEFF}{}",
  ].map { Array($0.utf8) }

  private static let types: [String?] = [
    nil, "application/json", "application/cloudevents+json", "application/cloudevents+json; charset=utf-8", "text/xml",
    "application/cloudevents-batch+json", ";", "/", "a/b;charset",
  ]
  private static let tokens = [
    "{", "}", "[", "]", "\"", "\\u", "\\ud800", ",", ":", "1e9999", "-", "null", "NaN", "\u{0}", "\u{FEFF}", "\n",
    "\"data\":", "\"id\":", "\"specversion\":\"1.0\",", "=", "999999999999999999999",
  ].map { Array($0.utf8) }

  @Test func eachEndsInARequestOrARejection() throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["USHER_MUTATION_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    let count = environment["USHER_MUTATIONS"].flatMap(Int.init) ?? 20_000
    print("EnvelopeMutationTests: USHER_MUTATION_SEED=\(seed)")
    var random = SplitMix(state: seed)
    let analyser = Analyser(rules: RuleSet(), maximumBodyBytes: 4_096)
    var (accepted, reasons) = (0, Set<String>())
    for _ in 0..<count {
      let delivery = Self.delivery(using: &random)
      let first = analyser.analyse(delivery)
      #expect(first == analyser.analyse(delivery))
      switch first {
      case .accept(let request):
        accepted += 1
        #expect(request.idempotencyKey.utf8.count <= Envelope.idempotencyKeyLimit)
        #expect(!request.canonicalBytes.isEmpty)
      case .reject(let rejection): reasons.insert(rejection.reason.rawValue)
      case .drop: Issue.record("nothing drops here")
      }
    }
    // The mutations reach behind the first check.
    #expect(accepted > 0)
    #expect(reasons.isSuperset(of: ["malformed_json", "missing_id", "unsupported_content_type", "missing_field"]))
  }

  private static func delivery(using random: inout SplitMix) -> Delivery {
    var body = seeds.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(&body, using: &random) }
    var properties = MessageProperties(contentType: types.randomElement(using: &random)!)
    if Bool.random(using: &random) { properties.messageID = text(using: &random) }
    if Bool.random(using: &random) {
      for name in ["specversion", "id", "source", "type", "time", "subject", "x"] where Bool.random(using: &random) {
        let prefix = ["cloudEvents:", "cloudEvents_", "ce-", "ce_", ""].randomElement(using: &random)!
        properties.headers.append(.init(name: prefix + name, value: value(for: name, using: &random)))
      }
    }
    return Delivery(tag: 1, exchange: "x", routingKey: "service.q.k", properties: properties, body: body)
  }

  private static func mutate(_ body: inout [UInt8], using random: inout SplitMix) {
    let at = Int.random(in: 0...body.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: body.insert(contentsOf: tokens.randomElement(using: &random)!, at: at)
    case 1: body.removeSubrange(at..<min(body.count, at + Int.random(in: 0..<8, using: &random)))
    case 2 where at < body.count: body[at] = UInt8.random(in: 0...255, using: &random)
    case 3: body.insert(contentsOf: body.prefix(at).suffix(20), at: at)
    default:
      body.insert(contentsOf: repeatElement(UInt8(ascii: "["), count: Int.random(in: 0..<60, using: &random)), at: at)
    }
  }

  private static func value(for name: String, using random: inout SplitMix) -> MessageProperties.HeaderValue {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: .integer(Int64.random(in: .min ... .max, using: &random))
    case 1: .bytes(Array(text(using: &random).utf8) + [UInt8.random(in: 0...255, using: &random)])
    case 2: .timestamp(UInt64.random(in: 0...UInt64.max, using: &random))
    case 3: [.boolean(true), .void, .double(.nan), .list([.void]), .table([])].randomElement(using: &random)!
    default: .text(name == "specversion" ? "1.0" : text(using: &random))
    }
  }

  private static func text(using random: inout SplitMix) -> String {
    ["7", "/shop", "", "a\nb", "\u{FFFD}", "2018-04-05T17:31:00Z", "é", String(repeating: "x", count: 2_000), "a b"]
      .randomElement(using: &random)!
  }
}

/// A generator that a seed repeats.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
