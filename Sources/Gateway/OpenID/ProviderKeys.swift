import JWTKit
import Logging

/// A provider's keys, kept up to date. Of several that need them at once, one loads.
actor ProviderKeys {
  private let source: OpenIDConfiguration.KeySource
  private let read: @Sendable (OpenIDConfiguration.KeySource) async throws -> [UInt8]
  private let now: @Sendable () -> Int64
  private let logger: Logger
  private var policy: KeyRefreshPolicy
  private var keys: ProviderKeySet?
  private var contents: [UInt8] = []
  private var loading: Task<Void, Never>?

  /// Keys that are loaded when the first is asked for. `now` is in milliseconds of a clock that only goes forward.
  init(
    _ source: OpenIDConfiguration.KeySource, now: @escaping @Sendable () -> Int64, logger: Logger,
    read: @escaping @Sendable (OpenIDConfiguration.KeySource) async throws -> [UInt8] = KeySourceReader.read
  ) {
    self.source = source
    self.read = read
    self.now = now
    self.logger = logger
    switch source {
    case .file: policy = .local
    case .url: policy = .remote
    }
  }

  /// Who verifies by the key `kid`, if the provider has it for this algorithm. Throws `unavailable` while no keys could be
  /// loaded yet.
  func verifier(
    _ kid: String, _ algorithm: ProviderKeySet.Algorithm
  ) async throws(GatewayError) -> (any JWTAlgorithm)? {
    let isKnown = keys?.knows(kid) ?? false
    if let loading {
      // What is there already is good without waiting.
      if !isKnown { await loading.value }
    } else if policy.isDue(isKnown: isKnown, now: now()) {
      policy.began(now: now())
      let task = Task { await load() }
      loading = task
      await task.value
    }
    guard let keys else {
      throw GatewayError(.unavailable, "the OpenID provider's keys cannot be loaded; try again")
    }
    return keys.verifier(kid, algorithm)
  }

  private func load() async {
    defer { loading = nil }
    do {
      let bytes = try await read(source)
      if bytes != contents || keys == nil {
        keys = try await ProviderKeySet(bytes)
        contents = bytes
      }
      policy.loaded(now: now())
    } catch {
      logger.warning(
        "the OpenID provider's keys could not be loaded; those known stay in use",
        metadata: ["error": "\(type(of: error))", "known": "\(keys != nil)"])
    }
  }
}
