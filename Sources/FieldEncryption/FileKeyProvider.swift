/// A keyset file, watched: what `usher keyset` changes, running servers take over by themselves.
public struct FileKeyProvider: KeyProvider {
  private let file: WatchedFile

  /// The file's path.
  public var place: String { file.path }

  /// The file at `path`, looked at every `interval`.
  public init(path: String, interval: Duration = .seconds(2)) {
    file = WatchedFile(path: path, interval: interval)
  }

  /// Reads the file; refuses one that its group or others may access.
  public func keyset() async throws(KeysetError) -> Keyset {
    try await file.read(Self.load).get()
  }

  /// Each version of the file that differs from the one before.
  public func changes() -> AsyncStream<Result<Keyset, KeysetError>> { file.changes(Self.load) }

  @Sendable private static func load(_ path: String) -> Result<Keyset, KeysetError> {
    do throws(KeysetError) {
      return .success(try Keyset(contentsOfFile: path))
    } catch {
      return .failure(error)
    }
  }
}
