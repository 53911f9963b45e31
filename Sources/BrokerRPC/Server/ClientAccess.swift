import ServiceQueue

/// What a client of the Broker may call.
public enum ClientRole: String, Hashable, Sendable, CaseIterable {
  /// Everything.
  case api
  /// What the intake needs: submitting, and the outbox of the events that are published.
  case consumer
  /// Questions and events.
  case read

  /// Calls that change nothing.
  private static let questions: Set<String> = [
    "GetService", "ListServices", "GetSnapshot", "GetEvents", "Subscribe", "WatchQueue", "ListQueues", "GetQueue",
    "GetPosition", "GetStatistics", "GetPresence",
  ]
  /// Calls of the intake. Of the outbox it may use one reader alone; see `mayRead`.
  private static let intake: Set<String> = [
    "Submit", "SubmitStream", "ReadOutbox", "WatchOutbox", "AcknowledgeOutbox",
  ]

  /// True when it may call the method of `usher.broker.v1.Broker`.
  func allows(_ method: String) -> Bool {
    switch self {
    case .api: true
    case .consumer: Self.intake.contains(method)
    case .read: Self.questions.contains(method)
    }
  }

  /// True when it may read and acknowledge the outbox as `reader`.
  func mayRead(_ reader: OutboxReader) -> Bool {
    switch self {
    case .api: true
    case .consumer: reader == .events
    case .read: false
    }
  }
}

/// Which certificates may call what, by their names: DNS names and URIs among the subject's alternative names.
public struct ClientAccess: Hashable, Sendable {
  /// One name and what it may do.
  public struct Entry: Hashable, Sendable {
    /// The name in the certificate.
    public let name: String
    /// What it may do.
    public let role: ClientRole

    /// `NAME=ROLE`; nil when `text` is not of that form.
    public init?(_ text: String) {
      guard let sign = text.lastIndex(of: "="),
        let role = ClientRole(rawValue: String(text[text.index(after: sign)...]))
      else { return nil }
      let name = text[..<sign]
      guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
      self.name = name.contains(":") ? String(name) : name.lowercased()
      self.role = role
    }
  }

  private let roles: [String: Set<ClientRole>]

  /// One name may have several roles.
  public init(_ entries: [Entry]) {
    var roles: [String: Set<ClientRole>] = [:]
    for entry in entries { roles[entry.name, default: []].insert(entry.role) }
    self.roles = roles
  }

  /// What a certificate with these names may do: all that any of them may.
  public func roles(of names: [String]) -> Set<ClientRole> {
    names.reduce(into: []) { $0.formUnion(roles[$1] ?? []) }
  }
}
