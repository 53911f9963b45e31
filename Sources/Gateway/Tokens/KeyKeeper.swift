import Logging

/// Keeps the signing keys up to date: loads them, again every minute, and when that fails every second.
struct KeyKeeper: Sendable {
  let services: GatewayServices

  /// Until cancelled.
  func run() async {
    var isFailing = false
    while !Task.isCancelled {
      var pause = Duration.seconds(60)
      do {
        try await services.tokens.load(try await services.stores.accounts.signingKeys())
        isFailing = false
      } catch {
        if !isFailing { services.logger.warning("the signing keys could not be loaded; trying on") }
        isFailing = true
        pause = .seconds(1)
      }
      try? await Task.sleep(for: pause)
    }
  }
}
