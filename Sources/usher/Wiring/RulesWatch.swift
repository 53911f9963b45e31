import FieldEncryption
import Intake
import Logging
import Metrics
import ServiceLifecycle
import UnixSignals

/// Gives the intake the operator's rules anew when their file changes, and on SIGHUP at once. Rules that cannot be used are told
/// in the log, and the ones before stay in use. SIGHUP ends no server, whether it has rules or not.
struct RulesWatch: ServiceLifecycle.Service {
  private enum Reason: Sendable {
    case signal
    case change
  }

  private let file: WatchedFile?
  private let inUse: RuleSet
  private let logger: Logger
  private let use: @Sendable (RuleSet) async -> Void
  private let signals: UnixSignalsSequence
  private let loaded = Self.reloads("loaded")
  private let unchanged = Self.reloads("unchanged")
  private let failed = Self.reloads("failed")

  private static func reloads(_ outcome: String) -> Counter {
    Counter(label: "usher_intake_rules_reloads_total", dimensions: [("outcome", outcome)])
  }

  /// From now on SIGHUP is taken.
  ///
  /// - Parameters:
  ///   - path: the file; nil where there is none.
  ///   - inUse: the rules that were read at the start.
  ///   - logger: is told of each reload.
  ///   - use: takes other rules over.
  init(path: String?, inUse: RuleSet, logger: Logger, use: @escaping @Sendable (RuleSet) async -> Void) async {
    file = path.map { WatchedFile(path: $0) }
    self.inUse = inUse
    self.logger = logger
    self.use = use
    signals = await UnixSignalsSequence(trapping: .sighup)
  }

  /// Until graceful shutdown or cancellation.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      // The file is read once more after each reason, so one that waits is as good as several.
      let (reasons, continuation) = AsyncStream.makeStream(of: Reason.self, bufferingPolicy: .bufferingNewest(2))
      await withDiscardingTaskGroup { group in
        group.addTask { for await _ in signals { continuation.yield(.signal) } }
        if let file {
          group.addTask { for await _ in file.changes({ _ in }) { continuation.yield(.change) } }
        }
        await reload(reasons)
        group.cancelAll()
      }
    }
  }

  /// One reading at a time: an older one must not follow a newer one.
  private func reload(_ reasons: AsyncStream<Reason>) async {
    var fingerprint = inUse.fingerprint
    for await reason in reasons {
      guard let file else {
        logger.notice("SIGHUP: there is no file of rules (USHER_INTAKE_RULES_FILE) to read again")
        continue
      }
      switch await file.read(RulesFile.load) {
      case .success(let rules) where rules.fingerprint == fingerprint:
        // The watch's first look finds what the start has read, and another one may find what a signal has.
        guard reason == .signal else { continue }
        unchanged.increment()
        logger.notice("the rules are as they were", metadata: ["fingerprint": "\(fingerprint)"])
      case .success(let rules):
        fingerprint = rules.fingerprint
        await use(rules)
        loaded.increment()
        logger.notice(
          "took over the changed rules",
          metadata: ["rules": "\(rules.names.count)", "fingerprint": "\(fingerprint)"])
      case .failure(let error):
        failed.increment()
        logger.error("the rules cannot be used: the ones before stay in use")
        for line in error.lines { logger.error("rules", metadata: ["error": "\(line)"]) }
      }
    }
  }
}
