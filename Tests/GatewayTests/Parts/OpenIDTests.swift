import JWTKit
import Logging
import ServiceQueue
import Synchronization
import Testing

@testable import Gateway
@testable import UserStore

@Suite struct OpenIDTests {
  private static let now: Int64 = 1_800_000_000

  private var configuration: OpenIDConfiguration {
    var configuration = OpenIDConfiguration(
      issuer: "https://a.example", audience: "desk", keys: .file("none"),
      levels: ["groups:admins=admin", "https://a.example/role:desk=agent", "sub:board=viewer"].map { .init($0)! })
    configuration.queuesClaim = "queues"
    configuration.skillsClaim = "skills"
    configuration.nameClaim = "name"
    return configuration
  }

  private func identity(_ claims: String) throws -> OpenIDIdentity {
    let members = try #require(JSONScanner.parse(Array(claims.utf8)).object)
    return try ProviderClaims(configuration: configuration).identity(members, now: Self.now)
  }

  private func claims(_ more: String = "") -> String {
    #"{"iss":"https://a.example","aud":"desk","sub":"ann","iat":\#(Self.now),"exp":\#(Self.now + 60)\#(more)}"#
  }

  @Test func theFirstRuleThatMatchesGivesTheLevel() throws {
    #expect(try identity(claims(#","groups":["x","admins"],"https://a.example/role":"desk""#)).level == .admin)
    #expect(try identity(claims(#","https://a.example/role":"desk""#)).level == .agent)
    #expect(try identity(claims().replacing(#""ann""#, with: #""board""#)).level == .viewer)
    for other in ["", #","groups":"Admins""#, #","groups":{"admins":true}"#, #","groups":[["admins"]]"#] {
      #expect { try identity(claims(other)) } throws: { ($0 as? GatewayError)?.code == .noAccessLevel }
    }
  }

  @Test func whatTheClaimsGive() throws {
    let full = try identity(
      claims(#","groups":"admins","queues":["a","B C"],"skills":["x","Y Z"],"name":"Ann""#))
    #expect(full.queues == [QueueName("a")!] && full.skills?.words == ["x"] && full.displayName == "Ann")
    let bare = try identity(claims(#","groups":"admins""#))
    #expect(bare.queues == [] && bare.skills == SkillSet.none && bare.displayName == nil)
    #expect(try identity(claims(#","groups":"admins","queues":"*""#)).queues == nil)
  }

  @Test(arguments: [
    #""iss":"https://b.example""#, #""iss":1"#, #""aud":"other""#, #""aud":[]"#, #""aud":null"#, #""sub":"""#,
    #""sub":1"#, #""sub":"a\u0000""#, #""iat":1800000061"#, #""iat":"1800000000""#, #""exp":1799999940"#,
    #""exp":1800000060.5"#, #""exp":null"#, #""nbf":1800000061"#, #""nbf":"x""#,
  ])
  func claimsThatAreNotForUs(claim: String) throws {
    let name = claim.split(separator: ":")[0]
    let members = [
      #""iss":"https://a.example""#, #""aud":"desk""#, #""sub":"ann""#, #""iat":1800000000"#, #""exp":1800000060"#,
      #""groups":"admins""#,
    ].filter { !$0.hasPrefix(name) }
    #expect { try identity("{" + (members + [claim]).joined(separator: ",") + "}") } throws: {
      $0 as? GatewayError == .providerToken
    }
  }

  @Test func rules() {
    #expect(OpenIDConfiguration.LevelRule("groups:desk=agent")?.claim == "groups")
    #expect(OpenIDConfiguration.LevelRule("https://a/b:x=y=agent")?.value == "x=y")
    for bad in ["", "groups", "groups:desk", "groups=agent", ":desk=agent", "groups:=agent", "groups:desk=boss"] {
      #expect(OpenIDConfiguration.LevelRule(bad) == nil, "\(bad)")
    }
    for good in ["https://a.example/keys", "http://127.0.0.1:80/x", "http://localhost", "http://[::1]:9/x"] {
      #expect(OpenIDConfiguration.KeySource(url: good) == .url(good))
    }
    for bad in [
      "", "a", "http://a.example", "http://127.0.0.1.a.example/", "ftp://a", "https://", "http://127.0.0.1@a.example",
      "file:///etc/passwd", "http://localhost.a.example", "HTTP://a",
    ] {
      #expect(OpenIDConfiguration.KeySource(url: bad) == nil, "\(bad)")
    }
  }

  @Test func keysAreLookedAtSeldom() {
    var policy = KeyRefreshPolicy.remote
    #expect(policy.isDue(isKnown: false, now: 0))
    policy.began(now: 0)
    #expect(!policy.isDue(isKnown: false, now: 999) && policy.isDue(isKnown: false, now: 1_000), "there are none yet")
    policy.began(now: 1_000)
    policy.loaded(now: 1_010)
    #expect(!policy.isDue(isKnown: false, now: 60_999) && policy.isDue(isKnown: false, now: 61_000))
    #expect(!policy.isDue(isKnown: true, now: 601_009) && policy.isDue(isKnown: true, now: 601_010))
    policy.began(now: 601_010)
    #expect(!policy.isDue(isKnown: true, now: 661_009), "the provider is down; those known stay in use")
    #expect(policy.isDue(isKnown: true, now: 661_010))
  }

  /// A source of keys that a test turns.
  private final class World: Sendable {
    struct State {
      var now: Int64 = 0
      var reads = 0
      var contents: [UInt8]?
    }

    let state = Mutex(State())
  }

  /// The keys' whole life: loaded once for many, kept while the source fails, exchanged when there are others.
  @Test func keys() async throws {
    struct Failed: Error {}
    let (one, two) = (ES256PrivateKey(), ES256PrivateKey())
    func set(_ key: ES256PrivateKey, _ kid: String) throws -> [UInt8] {
      guard let point = key.publicKey.parameters else { throw Failed() }
      func text(_ coordinate: String) -> String {
        coordinate.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
      }
      return Array(
        #"{"keys":[{"kty":"oct","kid":"s","k":"AA"},{"kty":"EC","crv":"P-256","kid":"\#(kid)","x":"\#(text(point.x))","y":"\#(text(point.y))"}]}"#
          .utf8)
    }
    let world = World()
    let keys = ProviderKeys(
      .url("https://a.example"), now: { world.state.withLock { $0.now } },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) { _ in
      let contents = world.state.withLock { world in
        world.reads += 1
        return world.contents
      }
      guard let contents else { throw Failed() }
      return contents
    }
    await #expect(throws: GatewayError.self) { _ = try await keys.verifier("one", .es256) }
    let first = try set(one, "one")
    world.state.withLock {
      $0.contents = first
      $0.now = 2_000
    }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { (try? await keys.verifier("one", .es256)) != nil } }
      for await found in group { #expect(found) }
    }
    #expect(world.state.withLock { $0.reads } == 2)
    for algorithm in [ProviderKeySet.Algorithm.rs256, .edDSA] {
      #expect(try await keys.verifier("one", algorithm) == nil, "a key fits one algorithm")
    }
    #expect(try await keys.verifier("s", .es256) == nil, "a shared secret is no key")
    world.state.withLock {
      $0.contents = nil
      $0.now = 700_000
    }
    #expect(try await keys.verifier("one", .es256) != nil, "kept while the provider is down")
    let second = try set(two, "two")
    world.state.withLock {
      $0.contents = second
      $0.now = 800_000
    }
    #expect(try await keys.verifier("two", .es256) != nil)
    #expect(try await keys.verifier("one", .es256) == nil, "the provider took it back")
  }
}
