/// The parameters of a request's query, decoded. A `+` is a plus, not a space: times with an offset have one. Pure.
struct QueryParameters: Sendable {
  /// What an operation takes.
  struct Known: Hashable, Sendable {
    /// All of them.
    var names: Set<String> = []
    /// Those that may be given more than once.
    var lists: Set<String> = []
  }

  private let pairs: [(name: String, value: String)]

  /// Takes the text behind the `?`; throws `invalidArgument` where its percent-encoding is none, or not UTF-8.
  init(_ query: String?) throws(GatewayError) {
    var pairs = [(name: String, value: String)]()
    for part in (query ?? "").split(separator: "&") {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(halves[0]), let value = halves.count > 1 ? Self.decoded(halves[1]) : "" else {
        throw GatewayError(.invalidArgument, "the query is not percent-encoded UTF-8")
      }
      pairs.append((name, value))
    }
    self.pairs = pairs
  }

  /// The parameter's value, the first if there are more.
  subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// All values of the parameter.
  func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

  /// Throws what is not known by its name, and what comes twice though it is no list: a mistyped filter is not a request for
  /// everything.
  func check(_ known: Known) throws(GatewayError) {
    var seen = Set<String>()
    for (name, _) in pairs {
      guard known.names.contains(name) else {
        let names = known.names.isEmpty ? "none is" : "known are \(known.names.sorted().joined(separator: ", "))"
        throw GatewayError(.unknownMember, "unknown parameter \"\(Arguments.printable(name))\"; \(names)")
      }
      guard seen.insert(name).inserted || known.lists.contains(name) else {
        throw GatewayError(.invalidArgument, "\(name) is given more than once")
      }
    }
  }

  private static func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes = [UInt8]()
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
