import Testing

@testable import Gateway

@Suite struct TrustedProxiesTests {
  private func proxies(_ networks: String...) -> TrustedProxies {
    TrustedProxies(networks.compactMap { TrustedProxies.Network($0) })
  }

  @Test func nobodyIsBelievedUnlessNamed() {
    #expect(proxies().client(peer: "192.0.2.9", forwarded: ["203.0.113.1"]) == "192.0.2.9")
    #expect(proxies("10.0.0.0/8").client(peer: "192.0.2.9", forwarded: ["203.0.113.1"]) == "192.0.2.9")
    #expect(!proxies("10.0.0.0/8").contains("192.0.2.9") && proxies("10.0.0.0/8").contains("10.255.0.1"))
  }

  @Test func theLastHopThatIsNotOursIsTheClient() {
    let ours = proxies("10.0.0.0/8", "2001:db8::/32")
    #expect(ours.client(peer: "10.0.0.1", forwarded: ["203.0.113.1"]) == "203.0.113.1")
    #expect(
      ours.client(peer: "10.0.0.1", forwarded: ["198.51.100.7, 203.0.113.1"]) == "203.0.113.1", "a forged first hop")
    #expect(ours.client(peer: "10.0.0.1", forwarded: ["198.51.100.7", "203.0.113.1 , 10.2.3.4"]) == "203.0.113.1")
    #expect(ours.client(peer: "::ffff:10.0.0.1", forwarded: ["203.0.113.1:4711"]) == "203.0.113.1")
    #expect(ours.client(peer: "2001:db8::1", forwarded: ["[2001:470::A]:80"]) == "2001:470::a")
    #expect(ours.client(peer: "10.0.0.1", forwarded: ["10.0.0.2"]) == "10.0.0.2", "all ours: the first")
  }

  @Test(arguments: ["", " ", "unknown", "1.2.3", "1.2.3.4.5", "evil\u{0}", "203.0.113.1, nonsense", "[::1"])
  func whatIsNoAddressEndsTheChain(_ header: String) {
    #expect(proxies("10.0.0.0/8").client(peer: "10.0.0.1", forwarded: [header]) == "10.0.0.1")
  }

  @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "2001:db8::/129", "localhost", "10.0.0.0/8/8", ""])
  func noNetworks(_ text: String) {
    #expect(TrustedProxies.Network(text) == nil)
  }

  @Test func placesAndNetworks() throws {
    #expect(NetworkAddress("192.0.2.1")?.place == "192.0.2.1")
    #expect(NetworkAddress("2001:db8:1:2:3::4")?.place == NetworkAddress("2001:db8:1:2:ffff::")?.place)
    #expect(NetworkAddress("2001:db8:1:2::")?.place != NetworkAddress("2001:db8:1:3::")?.place)
    let address = try #require(NetworkAddress("10.20.255.1"))
    let other = try #require(NetworkAddress("10.20.128.1"))
    #expect(address.shares(17, with: other) && !address.shares(18, with: other) && address.shares(0, with: other))
    #expect(!address.shares(0, with: try #require(NetworkAddress("::1"))))
  }
}
