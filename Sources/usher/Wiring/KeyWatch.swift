import FieldEncryption
import Logging
import Metrics
import ServiceLifecycle

/// Gives the server each keyset that its provider has anew, without a restart. One that cannot be used is told in the log, and
/// the one before stays in use.
struct KeyWatch: ServiceLifecycle.Service {
  let provider: any KeyProvider
  let aead: AEAD
  let logger: Logger
  private let enabled = Gauge(label: "usher_keyset_enabled_keys")
  private let failures = Counter(label: "usher_keyset_failures_total")

  init(provider: any KeyProvider, aead: AEAD, logger: Logger) {
    self.provider = provider
    self.aead = aead
    self.logger = logger
  }

  /// Until graceful shutdown or cancellation.
  func run() async throws {
    enabled.record(aead.enabledKeyCount)
    await cancelWhenGracefulShutdown {
      for await change in provider.changes() {
        do throws(KeysetError) {
          try take(try change.get())
        } catch {
          failures.increment()
          logger.error("the keyset cannot be used: the one before stays in use", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  private func take(_ keyset: Keyset) throws(KeysetError) {
    let before = (aead.primaryKeyID, aead.enabledKeyCount)
    try aead.replace(with: keyset)
    enabled.record(aead.enabledKeyCount)
    guard before != (aead.primaryKeyID, aead.enabledKeyCount) else { return }
    logger.notice(
      "took over the changed keyset",
      metadata: ["primary": "\(aead.primaryKeyID)", "enabled": "\(aead.enabledKeyCount)"])
  }
}
