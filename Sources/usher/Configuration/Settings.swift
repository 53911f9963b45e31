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
  var sessionCookieIsSecure: Bool
  var openID: OpenIDSettings
  var role: RoleSettings
  var intakeBatch: Int
  var amqpAuthoritiesFile: String?
  var amqpCertificateFile: String?
  var amqpKeyFile: String?
  var publishesEvents: Bool

  /// Reads every setting; the reader then knows the problems and what to show.
  init(_ reader: inout SettingsReader) {
    reader.begin(.process)
    adminListen = reader.value(
      "USHER_ADMIN_LISTEN", "health and metrics, for operators only", takes: "HOST:PORT", default: "127.0.0.1:8081",
      parse: GatewayConfiguration.Address.init)
    site = reader.value(
      "USHER_SITE", "names the keys in Redis; one site shares its queues", takes: "1 to 32 of a-z 0-9 - _",
      default: "main", parse: Parse.site)
    shutdownSeconds = reader.integer(
      "USHER_SHUTDOWN_SECONDS", "how long a graceful shutdown may take", 1...300, "seconds", default: 20)
    commandTimeoutMilliseconds = reader.integer(
      "USHER_COMMAND_TIMEOUT_MS", "how long a command may take before it fails", 100...30_000, "milliseconds",
      default: 5_000)
    logLevel = reader.value(
      "USHER_LOG_LEVEL", "the least important records that are written",
      takes: "one of trace, debug, info, notice, warning, error, critical", default: "info",
      parse: Logger.Level.init(rawValue:))
    logFormat = reader.value(
      "USHER_LOG_FORMAT", "how the log is written", takes: "json or text", default: "json",
      parse: LogFormat.init(rawValue:))
    role = RoleSettings(&reader)

    reader.begin(.stores, .broker)
    redisURL = reader.secret(
      "USHER_REDIS_URL", "the Redis that holds the queues",
      takes: "redis://[USER:PASSWORD@]HOST[:PORT][/DB] or unix:///PATH",
      parse: { $0 })
    reader.begin(.stores, .consumer, .api)
    amqpURL = reader.secret(
      "USHER_AMQP_URL", "the RabbitMQ that requests come from; an api looks after its dead letters",
      takes: "amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST]", parse: { $0 })
    reader.begin(.stores, .api)
    databaseURL = reader.secret(
      "USHER_DATABASE_URL", "the PostgreSQL that keeps users and history",
      takes: "postgresql://USER:PASSWORD@HOST[:PORT]/DATABASE", parse: { $0 })

    reader.begin(.queues, .broker)
    queues = reader.value(
      "USHER_QUEUES", "queues that exist from the start", takes: "a list of queue names", default: "",
      parse: Parse.list(QueueName.init))
    leaseSeconds = reader.integer(
      "USHER_LEASE_SECONDS", "how long a claim holds without renewal", 5...3_600, "seconds", default: 120)
    holdSeconds = reader.integer(
      "USHER_HOLD_SECONDS", "how long a service may be on hold before it waits again", 5...86_400, "seconds",
      default: 1_800)
    mostAttempts = reader.integer(
      "USHER_MAX_ATTEMPTS", "the return to waiting that makes a service dead", QueuePolicy.attemptsRange, "returns",
      default: 10)
    reinstateSeconds = reader.integer(
      "USHER_REINSTATE_SECONDS", "how long a no-show may be reinstated", 0...86_400, "seconds", default: 3_600)
    claimCapacity = reader.integer(
      "USHER_CLAIM_CAPACITY", "services that an employee without a capacity of its own may have at one time; 0 for any",
      0...QueuePolicy.capacityRange.upperBound, "services", default: 0)
    eventHistory = reader.integer(
      "USHER_EVENT_HISTORY", "events a queue keeps for clients that come back", 100...1_000_000, "events",
      default: 10_000)

    reader.begin(.clients, .api)
    httpListen = reader.value(
      "USHER_HTTP_LISTEN", "REST and WebSocket for clients", takes: "HOST:PORT", default: "127.0.0.1:8080",
      parse: GatewayConfiguration.Address.init)
    allowedOrigins = reader.value(
      "USHER_ALLOWED_ORIGINS",
      "other origins whose pages may use REST (CORS) and open a WebSocket; the server's own always may; * for any",
      takes: "a list such as https://desk.example,https://board.example", default: "",
      parse: Parse.list { $0 == "*" || $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0 : nil })
    trustedProxies = reader.value(
      "USHER_TRUSTED_PROXIES", "proxies whose X-Forwarded-For is believed",
      takes: "a list of networks such as 10.0.0.0/8,2001:db8::/32", default: "",
      parse: Parse.list(TrustedProxies.Network.init))
    mostConnections = reader.integer(
      "USHER_MAX_CONNECTIONS", "WebSockets and event streams that one node has open", 1...1_000_000, "connections",
      default: 20_000)
    mostConnectionsPerUser = reader.integer(
      "USHER_MAX_CONNECTIONS_PER_USER", "how many of them on one node may be one user's", 1...1_000_000,
      "connections", default: 50)
    mostUnauthenticatedPerAddress = reader.integer(
      "USHER_MAX_UNAUTHENTICATED_PER_ADDRESS",
      "sockets of one address that have not said who they are; a proxy brings everyone from one", 1...1_000_000,
      "sockets", default: 5_000)
    commandRate = reader.integer(
      "USHER_COMMAND_RATE", "commands that one WebSocket may send; twice as many at once", 1...100_000,
      "commands a second", default: 100)
    messageBytes = reader.integer(
      "USHER_MESSAGE_BYTES", "the longest WebSocket message of a client", 4_096...1_048_576, "bytes",
      default: 262_144)
    slowReaderBytes = reader.integer(
      "USHER_SLOW_READER_BYTES",
      "events that may wait for a client that does not read before it is cut off, beyond 1 MiB of the connection's own",
      65_536...67_108_864, "bytes", default: 1_048_576)
    shutdownSpreadSeconds = reader.integer(
      "USHER_SHUTDOWN_SPREAD_SECONDS", "over how long a shutdown sends clients away; at most a quarter of the shutdown",
      0...60, "seconds", default: 2)

    reader.begin(.people, .api)
    passwordMinimum = reader.integer(
      "USHER_PASSWORD_MINIMUM", "how many characters a new password has at least", PasswordRules.minimumRange,
      "characters", default: 12)
    loginWorkers = reader.integer(
      "USHER_LOGIN_WORKERS", "passwords computed at one time, at most one a core; 32 MB each", 1...256, "passwords",
      default: 2)
    loginQueue = reader.integer(
      "USHER_LOGIN_QUEUE", "logins that may wait while others are computed; further ones get 503", 0...10_000,
      "logins", default: 64)
    loginFailuresPerAddress = reader.integer(
      "USHER_LOGIN_FAILURES_PER_ADDRESS",
      "failed logins from one address before it has to wait; behind a proxy that is not trusted everyone comes from one",
      5...1_000_000, "logins", default: 100)

    reader.begin(.tokens, .api)
    accessTokenSeconds = reader.integer(
      "USHER_ACCESS_TOKEN_SECONDS", "how long an access token is good", 60...86_400, "seconds", default: 600)
    refreshTokenDays = reader.integer(
      "USHER_REFRESH_TOKEN_DAYS", "how long a refresh token is good", 1...365, "days", default: 30)
    sessionDays = reader.integer(
      "USHER_SESSION_DAYS", "how long a session may go on, however often it is refreshed", 1...3_650, "days",
      default: 90)
    sessionCookieIsSecure = reader.value(
      "USHER_SESSION_COOKIE_SECURE",
      "whether the cookie of the console's session is for TLS alone; false where browsers come by plain HTTP from other machines",
      takes: "true or false", default: "true", parse: Bool.init)
    tokenIssuer = reader.value(
      "USHER_TOKEN_ISSUER", "the issuer that access tokens name", takes: "1 to 255 printable characters of ASCII",
      default: "usher", parse: Parse.word)
    signingKeyDays = reader.integer(
      "USHER_SIGNING_KEY_DAYS", "how long a key signs access tokens before the next one does; 0 to rotate by hand",
      0...365, "days", default: 30)
    signingKeyOverlapSeconds = reader.integer(
      "USHER_SIGNING_KEY_OVERLAP_SECONDS", "how long a new key is published before it signs", 10...86_400, "seconds",
      default: 300)
    openID = OpenIDSettings(&reader)

    reader.begin(.database, .api)
    databaseConnections = reader.integer(
      "USHER_DATABASE_CONNECTIONS", "connections to PostgreSQL; from two on reports have their own", 1...8,
      "connections", default: 2)
    reportSeconds = reader.integer(
      "USHER_REPORT_SECONDS", "how long a statement of a report may run, and a report wait for its turn", 1...600,
      "seconds", default: 30)
    historyMonths = reader.integer(
      "USHER_HISTORY_MONTHS", "whole months of history to keep besides the current one; 0 for all", 0...240,
      "months", default: 0)
    auditMonths = reader.integer(
      "USHER_AUDIT_MONTHS", "how many months the audit is kept; 0 for ever", 0...1_200, "months", default: 0)

    reader.begin(.keys, .api, .consumer)
    keysetFile = reader.path(
      "USHER_KEYSET_FILE", "the Tink keyset that seals personal data; readable by the server's user alone")
    keyset = reader.secret(
      "USHER_KEYSET", "the keyset itself, in place of its file; it then changes with a restart alone",
      takes: "a Tink keyset as JSON", fromFile: false, parse: { $0 })
    if keyset != nil, keysetFile != nil {
      reader.refuse("USHER_KEYSET", "both it and USHER_KEYSET_FILE are set; set one")
    }
    reader.begin(.keys, .api)
    rewrapRate = reader.integer(
      "USHER_REWRAP_RATE", "values that are sealed anew after the keyset was rotated", Rewrapper.rates,
      "values a second", default: 1_000)

    reader.begin(.rabbitmq, .consumer)
    intakePrefetch = reader.integer(
      "USHER_INTAKE_PREFETCH", "deliveries RabbitMQ sends ahead of acknowledgement", 1...10_000, "deliveries",
      default: 1_000)
    intakeBatch = reader.integer(
      "USHER_INTAKE_BATCH", "requests that the intake gives to the broker at one time", 1...BrokerLimits.submitBatch,
      "requests", default: 500)
    intakeRulesFile = reader.path(
      "USHER_INTAKE_RULES_FILE", "rules that drop, route, prioritise, classify or reject requests")
    reader.begin(.rabbitmq, .consumer, .api)
    amqpAuthoritiesFile = reader.path(
      "USHER_AMQP_CA_FILE",
      "the authorities whose certificates RabbitMQ may show, in PEM; without it those of the system")
    amqpCertificateFile = reader.path(
      "USHER_AMQP_CERTIFICATE_FILE", "our own certificate for RabbitMQ, in PEM; goes with USHER_AMQP_KEY_FILE")
    amqpKeyFile = reader.path("USHER_AMQP_KEY_FILE", "the key of our certificate for RabbitMQ, in PEM")
    reader.begin(.rabbitmq, .consumer, .broker)
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
}
