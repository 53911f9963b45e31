/// Where the operator's keyset comes from. A cloud's key service is one more conformer: it fetches an encrypted keyset, has it
/// unwrapped and gives back the same `Keyset`; nobody who uses keys notices.
public protocol KeyProvider: Sendable {
  /// The place for logs and errors, such as a path; never a key.
  var place: String { get }

  /// The keyset of this moment.
  func keyset() async throws(KeysetError) -> Keyset

  /// Every keyset that replaces the one before, from the call on, and every failure to read one, after which the one before
  /// stays in use. Ends with the consuming task; a provider whose keyset cannot change never yields.
  func changes() -> AsyncStream<Result<Keyset, KeysetError>>
}

/// A keyset in an environment variable: as JSON, for platforms that give secrets that way. It changes with a restart alone.
public struct EnvironmentKeyProvider: KeyProvider {
  private let variable: String
  private let json: [UInt8]

  /// The keyset `json`, which came in `variable`.
  public init(variable: String, json: String) {
    self.variable = variable
    self.json = Array(json.utf8)
  }

  /// The variable's name.
  public var place: String { variable }

  /// The keyset; the same each time.
  public func keyset() async throws(KeysetError) -> Keyset { try Keyset(json: json) }

  /// Never yields.
  public func changes() -> AsyncStream<Result<Keyset, KeysetError>> {
    // The continuation is kept for as long as the stream is read: it ends by cancellation.
    let (stream, continuation) = AsyncStream.makeStream(of: Result<Keyset, KeysetError>.self)
    continuation.onTermination = { _ in _ = continuation }
    return stream
  }
}
