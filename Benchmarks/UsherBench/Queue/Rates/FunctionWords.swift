/// The command that the Broker sends, for `redis-benchmark`, which puts random numbers where something must be new or another each
/// time.
struct FunctionWords: Sendable {
  /// The command as the Broker made it, or with what `redis-benchmark` replaces.
  let texts: [String]

  /// Numbers below this hardly meet twice; `redis-benchmark` knows none above.
  static let manyNumbers = Int(Int32.max)
  private static let number = "__rand_int__"

  /// As the Broker made it, when every word is text.
  init(_ words: [[UInt8]]) throws {
    texts = try words.map { word in
      guard let text = String(validating: word, as: UTF8.self), !word.contains(0) else {
        throw BenchError("a word of the function's call is no text, which redis-benchmark could not send")
      }
      return text
    }
  }

  private init(texts: [String]) { self.texts = texts }

  /// The service that has number 0 in `sample` replaced by one of any number in `family`.
  func anyService(of family: NumberedIDs, for sample: NumberedIDs) -> FunctionWords {
    let zero = sample.prefix + "000000000000"
    return FunctionWords(texts: texts.map { $0.replacing(zero, with: family.prefix + Self.number) })
  }

  /// With another idempotency key at each call, one that no other run has.
  func fresh(_ run: Int) -> [String] {
    texts.map { word in
      guard word.hasPrefix("usher:{"), let mark = word.firstRange(of: "}:idem:") else { return word }
      // Two numbers: where the first is taken from few, both together are from many.
      return word[..<mark.upperBound] + "run-\(run):" + Self.number + Self.number
    }
  }
}
