import NIOHTTP1

/// Decides, from the head alone and at once, whether a request becomes a WebSocket.
struct UpgradePolicy: Sendable {
  static let path = "/connection/websocket"

  /// Origins besides the host's own; `*` allows all.
  let allowedOrigins: Set<String>

  /// Why not; nil for a request that is to be upgraded.
  enum Refusal: Hashable, Sendable {
    /// An ordinary request, for the router.
    case ordinary
    /// A WebSocket of a page that may not open one.
    case origin
  }

  func refusal(of head: HTTPRequestHead) -> Refusal? {
    guard head.method == .GET, head.version == .http1_1,
      head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        == Self.path,
      head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" }),
      head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }),
      head.headers["sec-websocket-version"] == ["13"], head.headers["sec-websocket-key"].count == 1,
      // A body would come between the request and the first frame.
      !head.headers.contains(name: "transfer-encoding"), head.headers["content-length"].allSatisfy({ $0 == "0" })
    else { return .ordinary }
    return allows(origins: head.headers["origin"], host: head.headers.first(name: "host")) ? nil : .origin
  }

  /// True when the page that asks is of the same host, or allowed, or when no page asks.
  func allows(origins: [String], host: String?) -> Bool {
    guard let origin = origins.first else { return true }
    guard origins.count == 1 else { return false }
    if allowedOrigins.contains("*") || allowedOrigins.contains(origin) { return true }
    guard let host, let scheme = origin.firstRange(of: "://") else { return false }
    return origin[scheme.upperBound...].lowercased() == host.lowercased()
  }
}
