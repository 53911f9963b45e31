/// The proxies whose word on where a request comes from is taken: networks, none unless the operator names them. Pure.
public struct TrustedProxies: Sendable {
  /// A network in CIDR form: `10.0.0.0/8`, `2001:db8::/32`, or one address.
  public struct Network: Hashable, Sendable {
    let address: NetworkAddress
    let length: Int

    /// Nil when `text` is none.
    public init?(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), let address = NetworkAddress(parts[0]) else { return nil }
      let bits = address.bytes.count * 8
      var length = bits
      if parts.count == 2 {
        guard let number = Int(parts[1]), (0...bits).contains(number) else { return nil }
        length = number
      }
      self.address = address
      self.length = length
    }
  }

  /// How many hops of `X-Forwarded-For` are looked at, from the last.
  static let mostHops = 32

  private let networks: [Network]

  /// Trusts these networks and no others.
  public init(_ networks: [Network] = []) { self.networks = networks }

  /// Whether a peer with this address is one of them.
  func contains(_ address: String) -> Bool { NetworkAddress(address).map(trusts) ?? false }

  /// Who sent a request: the last hop in front of our own proxies. `peer` is who connected, `forwarded` the
  /// `X-Forwarded-For` headers as they came. What a client wrote there itself stands in front of what proxies added, and is not
  /// believed.
  func client(peer: String, forwarded: @autoclosure () -> [String]) -> String {
    // IPv4 is written in one way only.
    if networks.isEmpty, !peer.utf8.contains(UInt8(ascii: ":")) { return peer }
    guard let address = NetworkAddress(peer) else { return peer }
    var client = address
    guard !networks.isEmpty else { return client.description }
    let hops = forwarded().flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.suffix(Self.mostHops)
    for hop in hops.reversed() {
      guard trusts(client), let next = Self.hop(hop) else { break }
      client = next
    }
    return client.description
  }

  private func trusts(_ address: NetworkAddress) -> Bool {
    networks.contains { $0.address.shares($0.length, with: address) }
  }

  /// An address, which some proxies write with a port: `192.0.2.1:1234`, `[2001:db8::1]:1234`.
  private static func hop(_ text: Substring) -> NetworkAddress? {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while text.last.map(isBlank) == true { text = text.dropLast() }
    if text.first == "[", let end = text.firstIndex(of: "]") {
      return NetworkAddress(text[text.index(after: text.startIndex)..<end])
    }
    if let address = NetworkAddress(text) { return address }
    guard let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isNumber) else {
      return nil
    }
    return NetworkAddress(text[..<colon])
  }
}
