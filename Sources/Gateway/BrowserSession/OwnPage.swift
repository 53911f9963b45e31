/// Whether a request comes from a page of this server: what must hold where the browser adds a cookie by itself (CSRF). Pure.
///
/// A browser says so in `Sec-Fetch-Site`, which no page can set, or, where it does not send that (plain HTTP beyond the loopback,
/// old browsers), in `Origin`. Whoever says neither is no browser with one of our pages, and is refused.
enum OwnPage {
  /// - Parameters:
  ///   - fetchSites: the values of `Sec-Fetch-Site`.
  ///   - origins: the values of `Origin`.
  ///   - host: the request's `Host`.
  static func asks(fetchSites: [String], origins: [String], host: String?) -> Bool {
    // A proxy before us may have given the request another Host, so that this alone decides where it is there.
    if !fetchSites.isEmpty { return fetchSites == ["same-origin"] }
    guard origins.count == 1, let host, !host.isEmpty else { return false }
    let origin = origins[0].lowercased()
    return ["https", "http"].contains { origin == "\($0)://\(host.lowercased())" }
  }
}
