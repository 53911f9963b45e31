import Logging

/// Keeps the signing keys up to date: looks every other second, so that a key which is retired in an emergency is refused
/// on every node within a few, and a new one is known long before it signs. When that fails it looks every second.
struct KeyKeeper: Sendable {
  let services: GatewayServices

  /// Until cancelled.
  func run() async {
    var isFailing = false
    while !Task.isCancelled {
      var pause = Duration.seconds(2)
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
