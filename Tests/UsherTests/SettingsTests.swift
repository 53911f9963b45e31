import Foundation
import Gateway
import ServiceQueue
import Testing

@testable import usher

@Suite struct SettingsTests {
  private func read(_ environment: [String: String]) -> (Settings, SettingsReader) {
    var reader = SettingsReader(environment: environment)
    let settings = Settings(&reader)
    return (settings, reader)
  }

  @Test func anEmptyEnvironmentHasEveryDefaultAndNoProblem() {
    let (settings, reader) = read([:])
    #expect(reader.problems.isEmpty)
    #expect(settings.httpListen.description == "127.0.0.1:8080")
    #expect(settings.site == "main")
    #expect(settings.redisURL == nil)
    #expect(settings.policy == .standard)
  }

  @Test(arguments: [
    ("USHER_HTTP_LISTEN", "8080"), ("USHER_HTTP_LISTEN", "host:99999"), ("USHER_SITE", "Main Street"),
    ("USHER_QUEUES", "front-desk,Bad Name"), ("USHER_LEASE_SECONDS", "4"), ("USHER_LEASE_SECONDS", "12.5"),
    ("USHER_INTAKE_PREFETCH", "0"), ("USHER_LOG_LEVEL", "loud"), ("USHER_LOG_FORMAT", "xml"),
    ("USHER_HOLD_SECONDS", "4"), ("USHER_MAX_ATTEMPTS", "0"), ("USHER_REINSTATE_SECONDS", "86401"),
    ("USHER_CLAIM_CAPACITY", "10001"), ("USHER_ALLOWED_ORIGINS", "desk.example"), ("USHER_SHUTDOWN_SECONDS", "-1"),
    ("USHER_SHUTDOWN_SPREAD_SECONDS", "61"), ("USHER_MAX_CONNECTIONS", "0"), ("USHER_MAX_CONNECTIONS_PER_USER", "0"),
    ("USHER_MAX_UNAUTHENTICATED_PER_ADDRESS", "many"), ("USHER_COMMAND_RATE", "0"), ("USHER_MESSAGE_BYTES", "4095"),
    ("USHER_SLOW_READER_BYTES", "1MB"), ("USHER_DATABASE_CONNECTIONS", "9"), ("USHER_REPORT_SECONDS", "0"),
    ("USHER_HISTORY_MONTHS", "241"),
    ("USHER_PASSWORD_MINIMUM", "7"), ("USHER_LOGIN_QUEUE", "-1"),
    ("USHER_LOGIN_WORKERS", "0"), ("USHER_LOGIN_FAILURES_PER_ADDRESS", "4"), ("USHER_TRUSTED_PROXIES", "10.0.0.0/33"),
    ("USHER_TRUSTED_PROXIES", "localhost"),
  ])
  func aBadValueIsNamedWithWhatItTakes(_ name: String, _ value: String) throws {
    let error = #expect(throws: SettingsError.self) { try Settings.load(environment: [name: value]) }
    #expect(error?.description.hasPrefix("\(name): '\(value)' is not ") == true)
  }

  @Test func thePolicyIsWhatTheOperatorSays() throws {
    let settings = try Settings.load(environment: [
      "USHER_LEASE_SECONDS": "5", "USHER_HOLD_SECONDS": "86400", "USHER_MAX_ATTEMPTS": "1000",
      "USHER_REINSTATE_SECONDS": "0", "USHER_CLAIM_CAPACITY": "10000",
    ])
    let policy = try #require(settings.policy)
    #expect(policy.lease.milliseconds == 5_000 && policy.hold.milliseconds == 86_400_000)
    #expect(policy.mostAttempts == 1_000 && policy.reinstateWithin == 0 && policy.capacity == 10_000)
  }

  @Test func theGatewaysBoundsHaveItsDefaults() {
    let (settings, _) = read([:])
    let address = GatewayConfiguration.Address(host: "localhost", port: 0)
    let gateway = GatewayConfiguration(http: address, admin: address, site: "main")
    #expect(settings.mostConnections == gateway.maximumConnections)
    #expect(settings.mostConnectionsPerUser == gateway.connectionsPerUser)
    #expect(settings.mostUnauthenticatedPerAddress == gateway.unauthenticatedPerAddress)
    #expect(settings.commandRate == gateway.commandRate)
    #expect(settings.messageBytes == gateway.maximumMessage)
    #expect(settings.slowReaderBytes == gateway.slowReaderBytes)
    #expect(settings.shutdownSpread == gateway.shutdownSpread)
    #expect(settings.loginFailuresPerAddress == gateway.loginBurstPerAddress)
  }

  @Test func aShutdownHasTimeToEnd() {
    let environment = ["USHER_SHUTDOWN_SPREAD_SECONDS": "6", "USHER_SHUTDOWN_SECONDS": "20"]
    #expect(read(environment).0.shutdownSpread == .seconds(5))
    #expect(read(["USHER_SHUTDOWN_SECONDS": "1"]).0.shutdownSpread == .milliseconds(250))
  }

  @Test func everyProblemIsToldAtOnce() throws {
    let error = #expect(throws: SettingsError.self) {
      try Settings.load(
        environment: ["USHER_SITE": "?", "USHER_LOG_FORMAT": "?"], needing: [.redisURL, .keysetFile])
    }
    let lines = error?.description.split(separator: "\n").map { $0.prefix { $0 != ":" } } ?? []
    #expect(Set(lines) == ["USHER_SITE", "USHER_LOG_FORMAT", "USHER_REDIS_URL", "USHER_KEYSET_FILE"])
  }

  @Test func secretsAreHiddenAndCanComeFromAFile() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("usher-\(UUID().uuidString)").path
    try Data("redis://:hush@localhost\n".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (settings, reader) = read(["USHER_REDIS_URL_FILE": path, "USHER_AMQP_URL": "amqp://u:hush@localhost"])
    #expect(settings.redisURL == "redis://:hush@localhost")
    #expect(settings.amqpURL == "amqp://u:hush@localhost")
    for row in reader.rows { #expect(row.effective?.contains("hush") != true) }
    #expect(reader.rows.filter(\.setting.isSecret).map(\.effective) == ["set", "set", nil, nil])
    #expect(reader.problems.isEmpty)
  }

  @Test func aSecretGivenTwiceOrFromAMissingFileIsAProblem() {
    #expect(
      read(["USHER_REDIS_URL": "redis://a", "USHER_REDIS_URL_FILE": "/nonexistent"]).1.problems.map(\.name)
        == ["USHER_REDIS_URL", "USHER_REDIS_URL_FILE"])
  }

  @Test func listsAndAddresses() {
    #expect(read(["USHER_QUEUES": " front-desk , roadside,"]).0.queues.map(\.rawValue) == ["front-desk", "roadside"])
    #expect(GatewayConfiguration.Address("[::1]:80")?.host == "::1")
    #expect(GatewayConfiguration.Address("[::1]:80")?.description == "[::1]:80")
    #expect(GatewayConfiguration.Address(":80") == nil)
  }
}

@Suite struct ProgressBarTests {
  @Test func itFillsUp() {
    let bar = ProgressBar(total: 200, isTerminal: true)
    #expect(bar.line(0).hasPrefix("[....") && bar.line(0).hasSuffix("]   0% 0/200"))
    #expect(bar.line(100).hasSuffix("]  50% 100/200"))
    #expect(bar.line(200).hasSuffix("#] 100% 200/200"))
  }
}
