import Foundation
import ServiceQueue
import Testing

/// Mutated documents, read by the scanner and by Foundation: where both take one they must agree, and Foundation must take
/// whatever the scanner takes.
@Suite("JSON scanner against Foundation")
struct JSONOracleTests {
  static let seeds = [
    #"{"queue":"front-desk","kind":"passport","priority":7,"customer":{"name":"Änne 😀","vip":true,"x":null}}"#,
    #"[0,-1,1.5,2e3,1E-2,"a\u00e9\ud83d\ude00\n\"",[[],{}],{"a":{"b":[true,false,null]}}]"#,
    #"{"specversion":"1.0","id":"1","source":"/x","type":"t","data":{"queue":"q","details":{"a":[1,2,{"b":"c\\d"}]}}}"#,
  ]

  @Test(arguments: seeds.indices)
  func agrees(_ index: Int) throws {
    var random = SplitMix(state: UInt64(index) &+ 0x5EED)
    let seed = Array(Self.seeds[index].utf8)
    let alphabet = Array("{}[]\",:\\/ubn0159.eE+-truefalsn \n\u{1}".utf8) + [0xC3, 0xA9, 0xFF, 0xED, 0xA0, 0x80, 0xF0]
    var taken = 0
    for _ in 0..<6_000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = alphabet.randomElement(using: &random)!
        case 1: bytes.insert(alphabet.randomElement(using: &random)!, at: at)
        case 2: bytes.remove(at: at)
        default:
          let end = min(bytes.count, at + Int.random(in: 1...8, using: &random))
          bytes.insert(contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0..<bytes.count, using: &random))
        }
      }
      let ours = try? JSONScanner.parse(bytes)
      let oracle = try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
      if let ours {
        taken += 1
        let text = String(decoding: bytes, as: UTF8.self)
        let theirs = try #require(oracle, "only we take \(text)")
        #expect(Self.agree(ours, theirs), "different: \(text)")
        #expect(try JSONScanner.parse(ours.compactJSON) == ours)
      } else if oracle != nil, let reason = Self.refusal(of: bytes) {
        // Foundation lets pass what RFC 8259 leaves open or forbids; nothing else may be ours alone to refuse.
        var lenient: Set<JSONError.Code> = [.duplicateKey, .badNumber, .controlCharacter, .badEscape, .badUTF8]
        if Self.hasTrailingComma(bytes) { lenient.insert(.unexpectedByte) }
        #expect(lenient.contains(reason), "only Foundation takes \(String(decoding: bytes, as: UTF8.self)): \(reason)")
      }
    }
    #expect(taken > 100)
  }

  static func hasTrailingComma(_ bytes: [UInt8]) -> Bool {
    let dense = bytes.filter { !" \n\r\t".utf8.contains($0) }
    return zip(dense, dense.dropFirst()).contains { $0 == UInt8(ascii: ",") && "]}".utf8.contains($1) }
  }

  static func refusal(of bytes: [UInt8]) -> JSONError.Code? {
    do {
      _ = try JSONScanner.parse(bytes)
      return nil
    } catch {
      return error.code
    }
  }

  static func agree(_ ours: JSONValue, _ theirs: Any) -> Bool {
    switch ours {
    case .object(let object):
      guard let other = theirs as? [String: Any], other.count == object.members.count else { return false }
      return object.members.allSatisfy { member in other[member.name].map { agree(member.value, $0) } ?? false }
    case .array(let elements):
      guard let other = theirs as? [Any], other.count == elements.count else { return false }
      return zip(elements, other).allSatisfy { agree($0, $1) }
    case .string(let text): return theirs as? String == text
    case .number(let number): return (theirs as? NSNumber)?.doubleValue == number.double
    case .bool(let value): return theirs as? Bool == value
    case .null: return theirs is NSNull
    }
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
