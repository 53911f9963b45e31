/// From where somebody logs in.
public struct LoginOrigin: Hashable, Sendable {
  /// The longest user agent that is kept, in Unicode scalars.
  public static let userAgentLimit = 256

  /// The client's address; kept with the session, sealed.
  public let address: String?
  /// What counts as one place: the address, or for IPv6 the network of its first 64 bits.
  public let network: String?
  /// What the client calls itself, cut to `userAgentLimit`; kept with the session, sealed.
  public let userAgent: String?

  /// Nowhere in particular: a test, or a command.
  public static let unknown = LoginOrigin(address: nil, network: nil, userAgent: nil)

  /// An origin; `network` as the property says.
  public init(address: String?, network: String?, userAgent: String?) {
    self.address = address
    self.network = network
    self.userAgent = userAgent.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(Self.userAgentLimit))) }
  }
}
