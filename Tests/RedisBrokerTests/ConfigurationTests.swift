import RedisBroker
import ServiceQueue
import Testing

@Suite struct ConfigurationTests {
  @Test(arguments: [
    ("redis://127.0.0.1:17379/0", "redis://127.0.0.1:17379/0"), ("redis://cache", "redis://cache:6379/0"),
    ("redis://:p%40ss:w@cache:1/2", "redis://:***@cache:1/2"),
    ("redis://bob:pw@[::1]:7000", "redis://bob:***@[::1]:7000/0"),
    ("unix:///run/redis.sock", "unix:///run/redis.sock?db=0"), ("unix://:pw@/run/r?db=3", "unix://:***@/run/r?db=3"),
  ])
  func aURLHidesItsPassword(text: String, description: String) throws {
    #expect(try RedisURL(text).description == description)
  }

  @Test(arguments: [
    "", "127.0.0.1:6379", "http://x", "rediss://x", "redis://", "redis://x:0", "redis://x:99999", "redis://x:y",
    "redis://x/y", "redis://x/-1", "redis://:%zz@x", "redis://[::1", "unix://relative",
  ])
  func whatIsNoURL(text: String) {
    #expect(throws: RedisURL.Malformed.self) { try RedisURL(text) }
  }

  @Test func theReasonDoesNotTellThePassword() {
    #expect { try RedisURL("redis://:hunter2@x:port") } throws: { !"\($0)".contains("hunter2") }
  }

  @Test func valuesOutOfBoundsAreNamed() throws {
    let url = try RedisURL("redis://x")
    let cases: [(String, () throws -> BrokerConfiguration)] = [
      ("site", { try BrokerConfiguration(redisURL: url, site: "a}b") }),
      ("eventHistory", { try BrokerConfiguration(redisURL: url, eventHistory: 99) }),
      ("commandTimeout", { try BrokerConfiguration(redisURL: url, commandTimeout: .seconds(31)) }),
      ("commandsUnderway", { try BrokerConfiguration(redisURL: url, commandsUnderway: 0) }),
      ("sweepInterval", { try BrokerConfiguration(redisURL: url, sweepInterval: .zero) }),
    ]
    for (parameter, make) in cases {
      #expect { try make() } throws: { ($0 as? BrokerConfiguration.Invalid)?.parameter == parameter }
    }
  }
}
