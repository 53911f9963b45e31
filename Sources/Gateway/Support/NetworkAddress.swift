#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An IPv4 or IPv6 address as bytes. An IPv4 address that came in IPv6's clothes (`::ffff:192.0.2.1`) is the IPv4 address.
struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16.
  let bytes: [UInt8]

  /// Nil unless `text` is an address, with nothing around it.
  init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 64 else { return nil }
    var parsed = [UInt8](repeating: 0, count: 16)
    let family = text.contains(":") ? AF_INET6 : AF_INET
    guard String(text).withCString({ inet_pton(family, $0, &parsed) }) == 1 else { return nil }
    if family == AF_INET {
      bytes = Array(parsed.prefix(4))
    } else {
      let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
      bytes = parsed.starts(with: mapped) ? Array(parsed.suffix(4)) : parsed
    }
  }

  /// The address in its usual form.
  var description: String {
    var text = [CChar](repeating: 0, count: 64)
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "unknown" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// What counts as one place: the address, or of IPv6 the network of its first 64 bits, all of which one customer has.
  var place: String {
    guard bytes.count == 16 else { return description }
    return bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "/64"
  }

  /// Whether the first `length` bits are those of `other`.
  func shares(_ length: Int, with other: NetworkAddress) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    let (whole, rest) = length.quotientAndRemainder(dividingBy: 8)
    guard bytes.prefix(whole) == other.bytes.prefix(whole) else { return false }
    return rest == 0 || (bytes[whole] ^ other.bytes[whole]) >> UInt8(8 - rest) == 0
  }
}
