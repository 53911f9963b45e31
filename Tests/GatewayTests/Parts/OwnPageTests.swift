import Testing

@testable import Gateway

private let own = "https://desk.example:8443"

/// Which requests come from a page of this server.
@Suite struct OwnPageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var sites: [String] = []
    var origins: [String] = []
    var host: String? = "desk.example:8443"
    let isOwn: Bool
    var testDescription: String { "\(sites) \(origins) \(host ?? "-")" }
  }

  @Test(arguments: [
    Case(sites: ["same-origin"], isOwn: true),
    Case(sites: ["same-origin"], origins: [own], isOwn: true),
    // A proxy that changes Host; the browser has compared the addresses that it knows.
    Case(sites: ["same-origin"], origins: [own], host: "usher:8080", isOwn: true),
    Case(sites: ["cross-site"], isOwn: false),
    Case(sites: ["cross-site"], origins: [own], isOwn: false),
    Case(sites: ["same-site"], origins: [own], isOwn: false),
    Case(sites: ["none"], isOwn: false),
    Case(sites: ["none"], origins: [own], isOwn: false),
    Case(sites: [""], origins: [own], isOwn: false),
    Case(sites: ["same-origin, cross-site"], origins: [own], isOwn: false),
    Case(sites: ["same-origin", "cross-site"], origins: [own], isOwn: false),
    Case(sites: ["same-origin", "same-origin"], isOwn: false),
    Case(origins: [own], isOwn: true),
    Case(origins: ["http://desk.example:8443"], isOwn: true),
    Case(origins: ["HTTPS://Desk.Example:8443"], isOwn: true),
    Case(origins: ["https://desk.example"], host: "desk.example", isOwn: true),
    Case(origins: ["https://[::1]:8443"], host: "[::1]:8443", isOwn: true),
    Case(origins: ["null"], isOwn: false),
    Case(origins: [own, own], isOwn: false),
    Case(origins: ["\(own), https://evil.example"], isOwn: false),
    Case(origins: ["https://desk.example"], isOwn: false),
    Case(origins: ["https://desk.example:8443.evil.example"], isOwn: false),
    Case(origins: ["https://evil.example/?\(own)"], isOwn: false),
    Case(origins: ["ftp://desk.example:8443"], isOwn: false),
    Case(origins: ["desk.example:8443"], isOwn: false),
    Case(origins: [""], isOwn: false),
    Case(origins: ["https://"], host: "", isOwn: false),
    Case(origins: [own], host: nil, isOwn: false),
    Case(isOwn: false),
  ])
  func isJudged(_ request: Case) {
    #expect(OwnPage.asks(fetchSites: request.sites, origins: request.origins, host: request.host) == request.isOwn)
  }
}
