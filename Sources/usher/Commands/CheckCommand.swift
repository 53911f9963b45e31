import ArgumentParser
import BrokerRPC
import FieldEncryption
import Foundation
import Gateway
import Intake
import Logging
import Reactor
import RedisBroker
import UserStore

/// `usher check`: are the settings good, and is everything there that the server needs for its roles? Changes nothing of the users' or the
/// queues' data.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the settings and try every dependency.")

  @Option(help: "How many seconds each dependency has to answer, 1 to 60.") var timeout = 5

  func validate() throws {
    guard (1...60).contains(timeout) else { throw ValidationError("--timeout takes 1 to 60 seconds") }
  }

  func run() async throws {
    let settings = try Settings.loadForRoles(environment: ProcessInfo.processInfo.environment)
    let logger = Foundations.logger(settings)
    let roles = settings.role.roles
    _ = try settings.role.listener()
    if roles.contains(.consumer) { _ = try Foundations.rules(settings) }
    if roles.contains(.api) { _ = try settings.openID.configuration() }
    let keyset = roles == [.broker] ? nil : try await Foundations.sealing(settings).aead
    print("settings: good\(keyset.map { ", keyset's primary key \($0.primaryKeyID)" } ?? "")")

    var statuses: [DependencyStatus] = []
    if let connection = try settings.role.connection(timeout: .seconds(timeout)) {
      statuses.append(await broker(connection, logger))
    } else {
      statuses.append(await redis(try Foundations.broker(settings), logger))
    }
    if roles.contains(.api), let keyset {
      statuses.append(await postgres(try Foundations.userStore(settings), keyset, logger))
    }
    if roles.contains(.consumer) { statuses.append(await rabbitmq(try Foundations.amqp(settings))) }
    for status in statuses {
      print("\(status.name): \(status.isReady ? "ok" : "missing")\(status.detail.map { ", \($0)" } ?? "")")
    }
    guard statuses.allSatisfy(\.isReady) else { throw ExitCode.failure }
  }

  private func broker(_ configuration: RemoteBrokerConfiguration, _ logger: Logger) async -> DependencyStatus {
    await probe("broker") {
      let broker = try RemoteBroker(configuration, logger: logger)
      let task = Task { try await broker.run() }
      var failure = await broker.failure()
      for _ in 0..<timeout * 20 where failure != nil {
        try await Task.sleep(for: .milliseconds(50))
        failure = await broker.failure()
      }
      task.cancel()
      _ = await task.result
      if let failure { throw SettingsError(failure) }
      return nil
    }
  }

  private func redis(_ configuration: BrokerConfiguration, _ logger: Logger) async -> DependencyStatus {
    await probe("redis") {
      let reactor = try Foundations.reactor("check-redis")
      let broker = BrokerActor(configuration: configuration, reactor: reactor, logger: logger)
      let task = Task { try await broker.run() }
      var health = await broker.health()
      for _ in 0..<timeout * 20 where !health.isConnected {
        try await Task.sleep(for: .milliseconds(50))
        health = await broker.health()
      }
      task.cancel()
      _ = await task.result
      await reactor.shutdown()
      guard health.isConnected else { throw SettingsError(health.lastFailure ?? "no answer in \(timeout) s") }
      return health.warnings.isEmpty ? nil : health.warnings.joined(separator: "; ")
    }
  }

  private func postgres(
    _ configuration: UserStoreConfiguration, _ keyset: AEAD, _ logger: Logger
  ) async -> DependencyStatus {
    await probe("postgres") {
      var configuration = configuration
      configuration.waitTimeout = .seconds(timeout)
      let reactor = try Foundations.reactor("check-postgres")
      let store = UserStoreActor(configuration: configuration, keyset: keyset, reactor: reactor, logger: logger)
      let result: Result<Void, any Error>
      do {
        result = .success(try await store.checkHealth())
      } catch {
        result = .failure(error)
      }
      await store.shutdown()
      await reactor.shutdown()
      try result.get()
      return nil
    }
  }

  private func rabbitmq(_ url: AMQPURL) async -> DependencyStatus {
    await probe("rabbitmq") {
      try await AMQPProbe.check(url)
      return nil
    }
  }

  private func probe(_ name: String, _ body: () async throws -> String?) async -> DependencyStatus {
    do {
      return DependencyStatus(name: name, isReady: true, detail: try await body())
    } catch {
      return DependencyStatus(name: name, isReady: false, detail: String(describing: error))
    }
  }
}
