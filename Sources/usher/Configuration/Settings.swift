import FieldEncryption
import Gateway
import Logging
import ServiceQueue
import Telemetry
import UserStore

/// Everything that operators tune, read from `USHER_*` alone. See `usher config`.
struct Settings: Sendable {
  var httpListen: GatewayConfiguration.Address
  var adminListen: GatewayConfiguration.Address
  var allowedOrigins: [String]
  var accessTokenSeconds: Int
  var refreshTokenDays: Int
  var site: String
  var queues: [QueueName]
  var leaseSeconds: Int
  var holdSeconds: Int
  var mostAttempts: Int
  var reinstateSeconds: Int
  /// 0 for none.
  var claimCapacity: Int
  var eventHistory: Int
  var commandTimeoutMilliseconds: Int
  var intakePrefetch: Int
  var intakeRulesFile: String?
  var shutdownSeconds: Int
  var shutdownSpreadSeconds: Int
  var mostConnections: Int
  var mostConnectionsPerUser: Int
  var mostUnauthenticatedPerAddress: Int
  var commandRate: Int
  var messageBytes: Int
  var slowReaderBytes: Int
  var auditMonths: Int
  var passwordMinimum: Int
  var loginQueue: Int
  var loginWorkers: Int
  var loginFailuresPerAddress: Int
  var trustedProxies: [TrustedProxies.Network]
  var logLevel: Logger.Level
  var logFormat: LogFormat
  var redisURL: String?
  var amqpURL: String?
  var databaseURL: String?
  var keysetFile: String?
  var databaseConnections: Int
  var reportSeconds: Int
  /// 0 for all.
  var historyMonths: Int
  var keyset: String?
  var rewrapRate: Int
  var tokenIssuer: String
  /// 0 for rotation by hand.
  var signingKeyDays: Int
  var signingKeyOverlapSeconds: Int
  var sessionDays: Int
  var openID: OpenIDSettings
  var role: RoleSettings
  var intakeBatch: Int
  var amqpAuthoritiesFile: String?
  var amqpCertificateFile: String?
  var amqpKeyFile: String?
  var publishesEvents: Bool

  /// Reads every setting; the reader then knows the problems and what to show.
  init(_ reader: inout SettingsReader) {
    httpListen = reader.value(
      "USHER_HTTP_LISTEN", "REST and WebSocket for clients", takes: "HOST:PORT", default: "127.0.0.1:8080",
      parse: GatewayConfiguration.Address.init)
    adminListen = reader.value(
      "USHER_ADMIN_LISTEN", "health and metrics, for operators only", takes: "HOST:PORT", default: "127.0.0.1:8081",
      parse: GatewayConfiguration.Address.init)
    allowedOrigins = reader.value(
      "USHER_ALLOWED_ORIGINS", "other origins whose pages may use REST and open a WebSocket; * for any",
      takes: "a list such as https://desk.example,https://board.example", default: "",
      parse: Parse.list { $0 == "*" || $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0 : nil })
    accessTokenSeconds = reader.value(
      "USHER_ACCESS_TOKEN_SECONDS", "how long an access token is good", takes: "60 to 86400", default: "600",
      parse: Parse.integer(60...86_400))
    refreshTokenDays = reader.value(
      "USHER_REFRESH_TOKEN_DAYS", "how long a refresh token is good", takes: "1 to 365", default: "30",
      parse: Parse.integer(1...365))
    site = reader.value(
      "USHER_SITE", "names the keys in Redis; one site shares its queues", takes: "1 to 32 of a-z 0-9 - _",
      default: "main", parse: Parse.site)
    queues = reader.value(
      "USHER_QUEUES", "queues that exist from the start", takes: "a list of queue names", default: "",
      parse: Parse.list(QueueName.init))
    leaseSeconds = reader.value(
      "USHER_LEASE_SECONDS", "how long a claim holds without renewal", takes: "5 to 3600", default: "120",
      parse: Parse.integer(5...3_600))
    holdSeconds = reader.value(
      "USHER_HOLD_SECONDS", "how long a service may be on hold before it waits again", takes: "5 to 86400",
      default: "1800", parse: Parse.integer(5...86_400))
    mostAttempts = reader.value(
      "USHER_MAX_ATTEMPTS", "the return to waiting that makes a service dead", takes: "1 to 1000", default: "10",
      parse: Parse.integer(QueuePolicy.attemptsRange))
    reinstateSeconds = reader.value(
      "USHER_REINSTATE_SECONDS", "how long a no-show may be reinstated", takes: "0 to 86400", default: "3600",
      parse: Parse.integer(0...86_400))
    claimCapacity = reader.value(
      "USHER_CLAIM_CAPACITY", "services that an employee without a capacity of its own may have at one time; 0 for any",
      takes: "0 to 10000", default: "0", parse: Parse.integer(0...QueuePolicy.capacityRange.upperBound))
    eventHistory = reader.value(
      "USHER_EVENT_HISTORY", "events a queue keeps for clients that come back", takes: "100 to 1000000",
      default: "10000", parse: Parse.integer(100...1_000_000))
    commandTimeoutMilliseconds = reader.value(
      "USHER_COMMAND_TIMEOUT_MS", "how long a command may take before it fails", takes: "100 to 30000",
      default: "5000", parse: Parse.integer(100...30_000))
    intakePrefetch = reader.value(
      "USHER_INTAKE_PREFETCH", "deliveries RabbitMQ sends ahead of acknowledgement", takes: "1 to 10000",
      default: "1000", parse: Parse.integer(1...10_000))
    intakeRulesFile = reader.optional(
      "USHER_INTAKE_RULES_FILE", "rules that drop, route, prioritise, classify or reject requests", takes: "a path",
      parse: Parse.path)
    shutdownSeconds = reader.value(
      "USHER_SHUTDOWN_SECONDS", "how long a graceful shutdown may take", takes: "1 to 300", default: "20",
      parse: Parse.integer(1...300))
    shutdownSpreadSeconds = reader.value(
      "USHER_SHUTDOWN_SPREAD_SECONDS", "over how long a shutdown sends clients away; at most a quarter of the shutdown",
      takes: "0 to 60", default: "2", parse: Parse.integer(0...60))
    mostConnections = reader.value(
      "USHER_MAX_CONNECTIONS", "WebSockets and event streams that one node has open; 9 KB each", takes: "1 to 1000000",
      default: "20000", parse: Parse.integer(1...1_000_000))
    mostConnectionsPerUser = reader.value(
      "USHER_MAX_CONNECTIONS_PER_USER", "how many of them on one node may be one user's", takes: "1 to 1000000",
      default: "50", parse: Parse.integer(1...1_000_000))
    mostUnauthenticatedPerAddress = reader.value(
      "USHER_MAX_UNAUTHENTICATED_PER_ADDRESS",
      "sockets of one address that have not said who they are; a proxy brings everyone from one",
      takes: "1 to 1000000", default: "5000", parse: Parse.integer(1...1_000_000))
    commandRate = reader.value(
      "USHER_COMMAND_RATE", "commands a second that one WebSocket may send; twice as many at once",
      takes: "1 to 100000", default: "100", parse: Parse.integer(1...100_000))
    messageBytes = reader.value(
      "USHER_MESSAGE_BYTES", "the longest WebSocket message of a client", takes: "4096 to 1048576", default: "262144",
      parse: Parse.integer(4_096...1_048_576))
    slowReaderBytes = reader.value(
      "USHER_SLOW_READER_BYTES", "bytes of events that may wait for a client that does not read before it is cut off",
      takes: "65536 to 67108864", default: "1048576", parse: Parse.integer(65_536...67_108_864))
    auditMonths = reader.value(
      "USHER_AUDIT_MONTHS", "how many months the audit is kept; 0 for ever", takes: "0 to 1200", default: "0",
      parse: Parse.integer(0...1_200))
    passwordMinimum = reader.value(
      "USHER_PASSWORD_MINIMUM", "how many characters a new password has at least", takes: "8 to 64", default: "12",
      parse: Parse.integer(PasswordRules.minimumRange))
    loginQueue = reader.value(
      "USHER_LOGIN_QUEUE", "logins that may wait while others are computed; further ones get 503",
      takes: "0 to 10000", default: "64", parse: Parse.integer(0...10_000))
    loginWorkers = reader.value(
      "USHER_LOGIN_WORKERS", "passwords computed at one time, at most one a core; 32 MB each", takes: "1 to 256",
      default: "2", parse: Parse.integer(1...256))
    loginFailuresPerAddress = reader.value(
      "USHER_LOGIN_FAILURES_PER_ADDRESS", "failed logins from one address before it has to wait",
      takes: "5 to 1000000", default: "100", parse: Parse.integer(5...1_000_000))
    trustedProxies = reader.value(
      "USHER_TRUSTED_PROXIES", "proxies whose X-Forwarded-For is believed",
      takes: "a list of networks such as 10.0.0.0/8,2001:db8::/32", default: "",
      parse: Parse.list(TrustedProxies.Network.init))
    logLevel = reader.value(
      "USHER_LOG_LEVEL", "the least important records that are written",
      takes: "one of trace, debug, info, notice, warning, error, critical", default: "info",
      parse: Logger.Level.init(rawValue:))
    logFormat = reader.value(
      "USHER_LOG_FORMAT", "how the log is written", takes: "json or text", default: "json",
      parse: LogFormat.init(rawValue:))
    redisURL = reader.secret(
      "USHER_REDIS_URL", "the Redis that holds the queues", takes: "redis://[USER:PASSWORD@]HOST[:PORT][/DB]",
      parse: { $0 })
    amqpURL = reader.secret(
      "USHER_AMQP_URL", "the RabbitMQ that requests come from", takes: "amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST]",
      parse: { $0 })
    databaseURL = reader.secret(
      "USHER_DATABASE_URL", "the PostgreSQL that keeps users and history",
      takes: "postgresql://USER:PASSWORD@HOST[:PORT]/DATABASE", parse: { $0 })
    keysetFile = reader.optional(
      "USHER_KEYSET_FILE", "the Tink keyset that seals personal data; readable by the server's user alone",
      takes: "a path", parse: Parse.path)
    databaseConnections = reader.value(
      "USHER_DATABASE_CONNECTIONS", "connections to PostgreSQL; from two on reports have their own", takes: "1 to 8",
      default: "2", parse: Parse.integer(1...8))
    reportSeconds = reader.value(
      "USHER_REPORT_SECONDS", "how long a statement of a report may run, and a report wait for its turn",
      takes: "1 to 600", default: "30", parse: Parse.integer(1...600))
    historyMonths = reader.value(
      "USHER_HISTORY_MONTHS", "whole months of history to keep besides the current one; 0 for all", takes: "0 to 240",
      default: "0", parse: Parse.integer(0...240))
    keyset = reader.secret(
      "USHER_KEYSET", "the keyset itself, in place of its file; it then changes with a restart alone",
      takes: "a Tink keyset as JSON", fromFile: false, parse: { $0 })
    rewrapRate = reader.value(
      "USHER_REWRAP_RATE", "values a second that are sealed anew after the keyset was rotated", takes: "1 to 100000",
      default: "1000", parse: Parse.integer(Rewrapper.rates))
    if keyset != nil, keysetFile != nil {
      reader.refuse("USHER_KEYSET", "both it and USHER_KEYSET_FILE are set; set one")
    }
    tokenIssuer = reader.value(
      "USHER_TOKEN_ISSUER", "the issuer that access tokens name", takes: "1 to 255 printable characters of ASCII",
      default: "usher", parse: Parse.word)
    signingKeyDays = reader.value(
      "USHER_SIGNING_KEY_DAYS", "how long a key signs access tokens before the next one does; 0 to rotate by hand",
      takes: "0 to 365", default: "30", parse: Parse.integer(0...365))
    signingKeyOverlapSeconds = reader.value(
      "USHER_SIGNING_KEY_OVERLAP_SECONDS", "how long a new key is published before it signs", takes: "10 to 86400",
      default: "300", parse: Parse.integer(10...86_400))
    sessionDays = reader.value(
      "USHER_SESSION_DAYS", "how long a session may go on, however often it is refreshed", takes: "1 to 3650",
      default: "90", parse: Parse.integer(1...3_650))
    openID = OpenIDSettings(&reader)
    role = RoleSettings(&reader)
    intakeBatch = reader.value(
      "USHER_INTAKE_BATCH", "requests that the intake gives to the broker at one time", takes: "1 to 500",
      default: "500", parse: Parse.integer(1...BrokerLimits.submitBatch))
    amqpAuthoritiesFile = reader.optional(
      "USHER_AMQP_CA_FILE",
      "the authorities whose certificates RabbitMQ may show, in PEM; without it those of the system",
      takes: "a path", parse: Parse.path)
    amqpCertificateFile = reader.optional(
      "USHER_AMQP_CERTIFICATE_FILE", "our own certificate for RabbitMQ, in PEM; goes with USHER_AMQP_KEY_FILE",
      takes: "a path", parse: Parse.path)
    amqpKeyFile = reader.optional(
      "USHER_AMQP_KEY_FILE", "the key of our certificate for RabbitMQ, in PEM", takes: "a path", parse: Parse.path)
    publishesEvents = reader.value(
      "USHER_EVENTS_PUBLISH", "whether changes of services are published to the exchange usher.events",
      takes: "true or false", default: "false", parse: Bool.init)
  }

  /// What the operator decides about all queues; nil when a value is out of the policy's bounds.
  var policy: QueuePolicy? {
    guard let lease = LeaseDuration(milliseconds: Int64(leaseSeconds) * 1_000),
      let hold = HoldDuration(milliseconds: Int64(holdSeconds) * 1_000)
    else { return nil }
    return QueuePolicy(
      lease: lease, hold: hold, mostAttempts: mostAttempts, reinstateWithin: Int64(reinstateSeconds) * 1_000,
      capacity: claimCapacity == 0 ? nil : claimCapacity)
  }

  /// Over how long clients are sent away: at most a quarter of the shutdown, since they need time to go.
  var shutdownSpread: Duration {
    .milliseconds(min(shutdownSpreadSeconds * 1_000, shutdownSeconds * 250))
  }

  /// Reads the environment; throws with all problems, each naming its setting and what that takes.
  static func load(environment: [String: String], needing names: Set<Needed> = []) throws(SettingsError) -> Settings {
    try load(environment: environment) { _ in names }
  }

  /// The same for a server, which needs what its roles need.
  static func loadForRoles(environment: [String: String]) throws(SettingsError) -> Settings {
    try load(environment: environment, needing: \.role.needed)
  }

  private static func load(
    environment: [String: String], needing needs: (Settings) -> Set<Needed>
  ) throws(SettingsError) -> Settings {
    var reader = SettingsReader(environment: environment)
    let settings = Settings(&reader)
    let names = needs(settings)
    var problems = reader.problems.map(\.description)
    for row in reader.rows where row.effective?.isEmpty ?? true {
      guard let needed = Needed(rawValue: row.name), names.contains(needed) else { continue }
      if needed == .keysetFile, settings.keyset != nil { continue }
      guard !reader.problems.contains(where: { $0.name.hasPrefix(row.name) }) else { continue }
      problems.append("\(row.name): is missing; it takes \(row.takes)")
    }
    guard problems.isEmpty else { throw SettingsError(problems.joined(separator: "\n")) }
    return settings
  }

  /// Settings without a default that some commands cannot do without.
  enum Needed: String, CaseIterable {
    case redisURL = "USHER_REDIS_URL"
    case amqpURL = "USHER_AMQP_URL"
    case databaseURL = "USHER_DATABASE_URL"
    case keysetFile = "USHER_KEYSET_FILE"
    case brokerAddresses = "USHER_BROKER_ADDRESSES"
    case grpcClients = "USHER_GRPC_CLIENTS"
    case grpcCertificate = "USHER_GRPC_CERTIFICATE_FILE"
    case grpcKey = "USHER_GRPC_KEY_FILE"
    case grpcAuthority = "USHER_GRPC_CA_FILE"
  }
}
