public import ServiceQueue
public import UserStore

/// Who keeps what for the Gateway; one actor can be all of them.
public struct GatewayStores: Sendable {
  /// Who may come in.
  public var accounts: any AccountStore
  /// Users as administrators see them.
  public var directory: any UserDirectory = AbsentStore()
  /// What users and administrators do about accounts.
  public var people: any PeopleStore = AbsentStore()
  /// What became of services.
  public var history: any HistoryStore = AbsentStore()
  /// What administrators did.
  public var audit: any AuditStore = AbsentStore()
  /// What was answered under idempotency keys.
  public var idempotency: any IdempotencyStore = AbsentStore()
  /// Those who come from an OpenID provider.
  public var openID: any OpenIDStore = AbsentStore()
  /// Links of displays, and wrong links.
  public var links: any LinkStore = AbsentStore()
  /// Who is to be forgotten; the Eraser is it.
  public var subjects: any SubjectStore = AbsentStore()
  /// Which keys there are, and what they have sealed.
  public var keys: any KeyStore = AbsentStore()
  /// What could not be taken in from RabbitMQ.
  public var deadLetters: any DeadLetters = AbsentStore()

  /// Logins alone; what else is not given is `unavailable`.
  public init(accounts: any AccountStore) { self.accounts = accounts }

  /// All of them in one, but for `subjects`.
  public init(_ store: UserStoreActor) {
    accounts = store
    directory = store
    people = store
    history = store
    audit = store
    idempotency = store
    openID = store
    links = store
    keys = KeyCensus(of: store)
  }
}

/// What a Gateway has that was given no store for something: it answers `unavailable`.
struct AbsentStore: Sendable {
  static let absent = UserStoreError(.unavailable, "this server keeps none of that")
}
