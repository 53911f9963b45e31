/// One act that must not be forgotten: who did what to whom, when and from where. Holds ids, never personal data.
public struct AuditEntry: Hashable, Sendable {
  /// What was done: `user.create`, `history.export`; the object's kind and the verb.
  public let action: String
  /// Who did it; nil for an operator's command line, which has no user.
  public let actor: Actor?
  /// What it was done to: a user's id, a queue's name, a session; nil where there is no single one.
  public let object: String?
  /// What else matters, as one JSON object without personal data.
  public let detail: [UInt8]?
  /// The address that the request came from.
  public let address: String?
  /// The request's id, as the log and the answer's headers have it.
  public let requestID: String?

  /// A user as the one who acted.
  public struct Actor: Hashable, Sendable {
    /// The user's id.
    public let id: String
    /// The user's name at that time.
    public let name: String

    /// A user by id and name.
    public init(id: String, name: String) {
      self.id = id
      self.name = name
    }
  }

  /// An entry, unchecked; PostgreSQL's clock gives it its time.
  public init(
    action: String, actor: Actor?, object: String? = nil, detail: [UInt8]? = nil, address: String? = nil,
    requestID: String? = nil
  ) {
    self.action = action
    self.actor = actor
    self.object = object
    self.detail = detail
    self.address = address
    self.requestID = requestID
  }

  /// The same act, on this object unless it names one.
  func about(_ object: String) -> AuditEntry {
    AuditEntry(
      action: action, actor: actor, object: self.object ?? object, detail: detail, address: address,
      requestID: requestID)
  }
}
