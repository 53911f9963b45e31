import FieldEncryption
import Foundation
import Glibc
import Intake
import Logging
import Reactor
import RedisBroker
import ServiceQueue
import Telemetry
import UserStore

/// The parts that commands share, made from settings. Each method throws `SettingsError` naming the setting at fault.
enum Foundations {
  /// Sets up the log and makes the root logger. Once a process. A broken pipe becomes an error of the write.
  static func logger(_ settings: Settings) -> Logger {
    signal(SIGPIPE, SIG_IGN)
    let format = settings.logFormat
    let level = settings.logLevel
    LoggingSystem.bootstrap(
      { label, provider in
        var handler = LineLogHandler(label: label, format: format, level: level)
        handler.metadataProvider = provider
        return handler
      }, metadataProvider: .traceContext)
    return Logger(label: "usher")
  }

  /// What seals with the operator's keyset.
  struct Sealing {
    let provider: any KeyProvider
    let aead: AEAD
    let vault: FieldVault
    let subjects: SubjectReader
  }

  /// The operator's keyset, ready to use. Everybody shares the one `AEAD`, whose keyset can be replaced.
  static func sealing(_ settings: Settings) async throws(SettingsError) -> Sealing {
    let provider = keyProvider(settings)
    do {
      let aead = try AEAD(try await provider.keyset())
      let vault = try FieldVault(aead)
      return Sealing(
        provider: provider, aead: aead, vault: vault, subjects: try SubjectReader(aead, vault: vault))
    } catch {
      throw SettingsError("\(settings.keyset == nil ? Settings.Needed.keysetFile.rawValue : "USHER_KEYSET"): \(error)")
    }
  }

  /// What erases customers.
  static func eraser(
    broker: any Broker, store: UserStoreActor, _ sealing: Sealing, logger: Logger
  ) throws(SettingsError) -> Eraser {
    do {
      return try Eraser(broker: broker, store: store, reader: sealing.subjects, logger: logger)
    } catch {
      throw SettingsError("cannot begin to erase: \(error)")
    }
  }

  /// Where the keyset comes from.
  private static func keyProvider(_ settings: Settings) -> any KeyProvider {
    if let json = settings.keyset { return EnvironmentKeyProvider(variable: "USHER_KEYSET", json: json) }
    return FileKeyProvider(path: settings.keysetFile ?? "")
  }

  /// Where PostgreSQL is and how it is used.
  static func userStore(_ settings: Settings) throws(SettingsError) -> UserStoreConfiguration {
    try naming(.databaseURL) {
      var configuration = UserStoreConfiguration(url: try DatabaseURL(settings.databaseURL ?? ""))
      configuration.refreshTokenLifetime = .seconds(settings.refreshTokenDays * 86_400)
      configuration.connections = settings.databaseConnections
      configuration.reportTimeout = .seconds(settings.reportSeconds)
      configuration.auditMonths = settings.auditMonths
      configuration.sessionLifetime = .seconds(settings.sessionDays * 86_400)
      configuration.signingKeys = SigningKeySchedule(
        overlap: .seconds(settings.signingKeyOverlapSeconds),
        rotation: settings.signingKeyDays == 0 ? nil : .seconds(settings.signingKeyDays * 86_400),
        tokenLifetime: .seconds(settings.accessTokenSeconds))
      configuration.passwordRules = PasswordRules(minimum: settings.passwordMinimum)
      configuration.site = settings.site
      configuration.loginFailuresPerNetwork = settings.loginFailuresPerAddress
      return configuration
    }
  }

  /// What seals anew after a rotation.
  static func rewrap(
    _ settings: Settings, _ store: UserStoreActor, _ aead: AEAD, logger: Logger
  ) throws(SettingsError) -> RewrapService {
    do {
      return try RewrapService(store: store, aead: aead, rate: settings.rewrapRate, logger: logger)
    } catch {
      throw SettingsError("cannot begin: \(error)")
    }
  }

  /// Where Redis is and how it is used.
  static func broker(_ settings: Settings) throws(SettingsError) -> BrokerConfiguration {
    try broker(settings, queues: settings.queues, sweepInterval: .milliseconds(500))
  }

  /// The same for a command beside the servers: it makes no queues, and leaves sweeping to them.
  static func visitor(_ settings: Settings) throws(SettingsError) -> BrokerConfiguration {
    try broker(settings, queues: [], sweepInterval: .seconds(60))
  }

  private static func broker(
    _ settings: Settings, queues: [QueueName], sweepInterval: Duration
  ) throws(SettingsError) -> BrokerConfiguration {
    let url = try naming(.redisURL) { try RedisURL(settings.redisURL ?? "") }
    guard let policy = settings.policy else {
      throw SettingsError("the settings of leases, holds, attempts, reinstating and capacity do not go together")
    }
    do {
      return try BrokerConfiguration(
        redisURL: url, site: settings.site, queues: queues, policy: policy,
        eventHistory: settings.eventHistory, commandTimeout: .milliseconds(settings.commandTimeoutMilliseconds),
        sweepInterval: sweepInterval)
    } catch {
      throw SettingsError("\(error)")
    }
  }

  /// Where RabbitMQ is.
  static func amqp(_ settings: Settings) throws(SettingsError) -> AMQPURL {
    try naming(.amqpURL) {
      try AMQPURL(
        settings.amqpURL ?? "",
        certificates: AMQPCertificates(
          authorities: settings.amqpAuthoritiesFile, certificate: settings.amqpCertificateFile,
          key: settings.amqpKeyFile))
    }
  }

  /// The operator's rules; none when no file is named.
  static func rules(_ settings: Settings) throws(SettingsError) -> RuleSet {
    guard let path = settings.intakeRulesFile else { return RuleSet() }
    switch RulesFile.load(path) {
    case .success(let rules): return rules
    case .failure(let problem):
      throw SettingsError("USHER_INTAKE_RULES_FILE:\n\(problem.lines.joined(separator: "\n"))")
    }
  }

  /// A reactor, or an error about the machine's limits.
  static func reactor(_ name: String) throws(SettingsError) -> Reactor {
    do {
      return try Reactor(name: name)
    } catch {
      throw SettingsError("cannot start the thread \(name): \(error)")
    }
  }

  private static func naming<Value>(
    _ setting: Settings.Needed, _ body: () throws -> Value
  ) throws(SettingsError) -> Value {
    do {
      return try body()
    } catch {
      throw SettingsError("\(setting.rawValue): \(error)")
    }
  }
}
