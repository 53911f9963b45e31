import Foundation
import Testing

@testable import usher

@Suite struct SettingsReferenceTests {
  @Test func thePageInDocsIsWhatTheProgramPrints() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/configuration.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    #expect(text == SettingsReference.markdown(), "run: usher config --markdown > docs/configuration.md")
  }

  @Test func everySettingIsThereOnceWithWhatItTakes() {
    var reader = SettingsReader(environment: [:])
    _ = Settings(&reader)
    let lines = SettingsReference.markdown().split(separator: "\n")
    #expect(Set(reader.rows.map(\.setting.name)).count == reader.rows.count)
    for row in reader.rows {
      let found = lines.filter { $0.hasPrefix("| `\(row.setting.name)` | ") }
      #expect(found.count == 1 && found.first?.contains(row.setting.meaning) == true, "\(row.setting.name)")
    }
  }

  @Test func whatARoleNeedsIsTold() {
    let text = SettingsReference.markdown()
    #expect(
      text.contains(
        "| `USHER_REDIS_URL` | redis://[USER:PASSWORD@]HOST[:PORT][/DB] or unix:///PATH | needed by broker | broker |"))
    #expect(text.contains("| `USHER_BROKER_ADDRESSES` | a list of HOST:PORT | needed by api, consumer when apart |"))
    #expect(text.contains("| `USHER_LEASE_SECONDS` | 5 to 3600 seconds | `120` | broker |"))
  }
}

@Suite struct SettingsCheckTests {
  private func checked(_ environment: [String: String]) async -> SettingsCheck {
    await SettingsCheck(environment: environment)
  }

  /// A broker by itself needs the least.
  private let good = [
    "USHER_ROLES": "broker", "USHER_GRPC_INSECURE": "true", "USHER_REDIS_URL": "redis://:hush@localhost",
  ]

  @Test func aGoodEnvironmentHasNoMistake() async {
    let check = await checked(good.merging(["PATH": "/bin"]) { $1 })
    #expect(check.mistakes.isEmpty && check.unknown.isEmpty)
  }

  @Test func everyMistakeIsToldAtOnce() async {
    let check = await checked([
      "USHER_SITE": "?", "USHER_LEASE_SECONDS": "1", "USHER_INTAKE_RULES_FILE": "/nonexistent",
      "USHER_MAX_ATEMPTS": "3",
    ])
    let names = check.mistakes.map { String($0.prefix { $0 != ":" }) }
    #expect(
      Set(names) == [
        "USHER_SITE", "USHER_LEASE_SECONDS", "USHER_INTAKE_RULES_FILE", "USHER_MAX_ATEMPTS", "USHER_REDIS_URL",
        "USHER_AMQP_URL", "USHER_DATABASE_URL", "USHER_KEYSET_FILE",
      ])
    #expect(names.count == 8)
  }

  @Test(arguments: [
    (["USHER_REDIS_URL": "http://:hush@localhost"], "USHER_REDIS_URL"),
    (["USHER_GRPC_LISTEN": "0.0.0.0:8082"], "USHER_GRPC_INSECURE"),
    (["USHER_AMQP_URL": "http://rabbit"], "USHER_AMQP_URL"),
  ])
  func whatServersWouldRefuseIsAMistake(_ change: [String: String], _ name: String) async {
    let check = await checked(good.merging(change) { $1 })
    #expect(check.mistakes.count == 1 && check.mistakes.first?.hasPrefix(name) == true)
    #expect(check.mistakes.first?.contains("hush") != true)
  }

  @Test func whatIsNoSettingIsPointedOutAndWhatIsMisspeltIsAMistake() async {
    let check = await checked(
      good.merging(["USHER_SERVICE_HOST": "10.0.0.1", "USHER_DEMO_ADMIN_PASSWORD": "x", "USHER_REDIS_URL_FIL": ""]) {
        $1
      })
    #expect(check.unknown == ["USHER_DEMO_ADMIN_PASSWORD", "USHER_SERVICE_HOST"])
    #expect(check.mistakes == ["USHER_REDIS_URL_FIL: is not a setting; USHER_REDIS_URL_FILE is"])
  }

  @Test func distances() {
    #expect(SettingsCheck.distance("USHER_SITE", "USHER_SITE") == 0)
    #expect(SettingsCheck.distance("USHER_SIT", "USHER_SITE") == 1)
    #expect(SettingsCheck.distance("USHER_STIE", "USHER_SITE") == 2)
    #expect(SettingsCheck.distance("", "abc") == 3)
  }
}
