/// Proof that a copy of a queue is the server's: a sum over the live services, in any order.
///
/// Each live service adds the first 48 bits of SHA-1 over `id|order|state|version` (decimal numbers, the state's
/// word); the sum is taken modulo 2^48 and written as 12 lower-case hexadecimal digits. It is no defence against a
/// forger, only against a lost or doubled change.
public struct QueueDigest: Hashable, Sendable, CustomStringConvertible {
  /// The sum modulo 2^48.
  public private(set) var value: UInt64

  /// The digest of an empty queue.
  public init() { value = 0 }

  /// A sum that was read; taken modulo 2^48.
  public init(value: UInt64) { self.value = value & Self.mask }

  /// The digest of `services`, of which only the live ones count.
  public init(of services: some Sequence<Service>) {
    self.init()
    for service in services where service.state.isLive { insert(service) }
  }

  private static let mask: UInt64 = 1 << 48 - 1

  /// Adds a live service.
  public mutating func insert(_ service: Service) {
    value = (value &+ Self.term(service)) & Self.mask
  }

  /// Takes a live service out again; it must be as it was when inserted.
  public mutating func remove(_ service: Service) {
    value = (value &- Self.term(service)) & Self.mask
  }

  static func term(_ service: Service) -> UInt64 {
    let text = "\(service.id)|\(service.order.ticks)|\(service.state.rawValue)|\(service.version)"
    let hash = SHA1.hash(Array(text.utf8))
    return hash.prefix(6).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// 12 lower-case hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 12 - digits.count) + digits
  }
}
