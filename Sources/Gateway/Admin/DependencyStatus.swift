/// Whether something that the server needs is there.
public struct DependencyStatus: Hashable, Sendable {
  /// Its name, such as `redis`.
  public let name: String
  /// True when it can be used.
  public let isReady: Bool
  /// Why not, or anything worth knowing; no secrets.
  public let detail: String?

  /// The status of the dependency `name`.
  public init(name: String, isReady: Bool, detail: String? = nil) {
    self.name = name
    self.isReady = isReady
    self.detail = detail
  }
}
