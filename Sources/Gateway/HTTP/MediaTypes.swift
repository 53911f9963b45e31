/// Chooses among the forms an answer can have, by `Accept`: RFC 9110, section 12.5.1. Pure.
enum MediaTypes {
  /// The one of `offers` that the client likes best; of several the one that it names more exactly, then the first. Nil when it
  /// takes none. No `Accept` takes everything.
  static func best(of offers: [String], accept fields: [String]) -> String? {
    guard !fields.isEmpty else { return offers.first }
    let ranges = fields.flatMap { $0.split(separator: ",") }.map(Range.init)
    var best: (offer: String, weight: Int, precision: Int)?
    for offer in offers {
      // What names the type most exactly decides about it.
      guard let range = ranges.filter({ $0.covers(offer) }).max(by: { $0.precision < $1.precision }), range.weight > 0
      else { continue }
      if let best, (range.weight, range.precision) <= (best.weight, best.precision) { continue }
      best = (offer, range.weight, range.precision)
    }
    return best?.offer
  }

  private struct Range {
    let type: String
    let weight: Int

    init(_ text: Substring) {
      let parts = text.split(separator: ";", omittingEmptySubsequences: false)
      type = parts[0].filter { $0 != " " && $0 != "\t" }.lowercased()
      weight = Weight.of(parts.dropFirst())
    }

    var precision: Int { type == "*/*" ? 0 : type.hasSuffix("/*") ? 1 : 2 }

    func covers(_ offer: String) -> Bool {
      switch precision {
      case 0: true
      case 1: offer.hasPrefix(type.dropLast())
      default: offer == type
      }
    }
  }
}

/// The `q` of a range: RFC 9110, section 12.4.2.
enum Weight {
  /// In thousandths; 1,000 when none of the parameters is one, 0 when it is malformed.
  static func of(_ parameters: some Sequence<Substring>) -> Int {
    for parameter in parameters {
      let text = parameter.filter { $0 != " " && $0 != "\t" }.lowercased()
      guard text.hasPrefix("q=") else { continue }
      guard let value = Double(text.dropFirst(2)), (0...1).contains(value) else { return 0 }
      return Int((value * 1_000).rounded())
    }
    return 1_000
  }
}
