public import UserStore

/// Who keeps what for the Gateway; one actor can be all of them.
public struct GatewayStores: Sendable {
  /// Who may come in.
  public var accounts: any AccountStore
  /// Users as administrators see them.
  public var directory: any UserDirectory = AbsentStore()
  /// What became of services.
  public var history: any HistoryStore = AbsentStore()
  /// What administrators did.
  public var audit: any AuditStore = AbsentStore()

  /// Logins alone; what else is not given is `unavailable`.
  public init(accounts: any AccountStore) { self.accounts = accounts }

  /// All of them in one.
  public init(_ store: UserStoreActor) {
    accounts = store
    directory = store
    history = store
    audit = store
  }
}

/// What a Gateway has that was given no store for something: it answers `unavailable`.
struct AbsentStore: Sendable {
  static let absent = UserStoreError(.unavailable, "this server keeps none of that")
}
