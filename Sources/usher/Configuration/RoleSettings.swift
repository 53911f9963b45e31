import BrokerRPC
import Gateway

/// What this process does, and how its roles speak with those in other processes.
struct RoleSettings: Sendable {
  var roles: Set<Role>
  var listen: GatewayConfiguration.Address?
  var clients: [ClientAccess.Entry]
  var brokerAddresses: [GatewayConfiguration.Address]
  var brokerName: String
  var certificateFile: String?
  var keyFile: String?
  var authorityFile: String?
  var isInsecure: Bool

  init(_ reader: inout SettingsReader) {
    roles = reader.value(
      "USHER_ROLES", "what this process does", takes: "a list of api, broker and consumer",
      default: "api,broker,consumer",
      parse: { text in Parse.list(Role.init)(text).flatMap { $0.isEmpty ? nil : Set($0) } })
    reader.begin(.apart, .broker)
    listen = reader.optional(
      "USHER_GRPC_LISTEN", "the broker for roles in other processes; 127.0.0.1:8082 when not all roles are here",
      takes: "HOST:PORT", parse: GatewayConfiguration.Address.init)
    clients = reader.value(
      "USHER_GRPC_CLIENTS", "what certificates may call at the broker, by a DNS name or URI in them",
      takes: "a list such as usher-api=api,usher-consumer=consumer,tool=read", default: "",
      parse: Parse.list(ClientAccess.Entry.init))
    reader.begin(.apart, .api, .consumer)
    brokerAddresses = reader.value(
      "USHER_BROKER_ADDRESSES", "where brokers are, for a process without that role; any of them will do",
      takes: "a list of HOST:PORT", default: "", parse: Parse.list(GatewayConfiguration.Address.init))
    brokerName = reader.value(
      "USHER_BROKER_NAME", "the DNS name in the brokers' certificates, wherever they are",
      takes: "1 to 255 printable characters of ASCII", default: "usher-broker", parse: Parse.word)
    reader.begin(.apart)
    certificateFile = reader.path(
      "USHER_GRPC_CERTIFICATE_FILE", "this process's certificate for gRPC, PEM; a changed file is used at once")
    keyFile = reader.path("USHER_GRPC_KEY_FILE", "the certificate's private key, PEM")
    authorityFile = reader.path(
      "USHER_GRPC_CA_FILE", "certificates of the authorities whose peers are trusted, PEM")
    isInsecure = reader.value(
      "USHER_GRPC_INSECURE", "gRPC without certificates and encryption, on this machine alone", takes: "true or false",
      default: "false", parse: Bool.init)
  }

  /// True when the broker is in this process.
  var hasBroker: Bool { roles.contains(.broker) }
  /// True when the broker here must be reached from outside this process.
  var opensBroker: Bool { hasBroker && (listen != nil || roles.count < Role.allCases.count) }

  /// What cannot be done without, by the roles.
  var needed: Set<Settings.Needed> {
    var needed: Set<Settings.Needed> = []
    if roles.contains(.api) { needed.formUnion([.databaseURL, .keysetFile]) }
    if roles.contains(.consumer) { needed.formUnion([.amqpURL, .keysetFile]) }
    if hasBroker { needed.insert(.redisURL) } else { needed.insert(.brokerAddresses) }
    guard opensBroker || !hasBroker, !isInsecure else { return needed }
    needed.formUnion([.grpcCertificate, .grpcKey, .grpcAuthority])
    if opensBroker { needed.insert(.grpcClients) }
    return needed
  }

  private static let standardListen = GatewayConfiguration.Address(host: "127.0.0.1", port: 8082)

  /// Where the broker listens and whom it lets in; nil when it is for this process alone.
  func listener() throws(SettingsError) -> (address: GatewayConfiguration.Address, security: ServerSecurity)? {
    guard opensBroker else { return nil }
    let address = listen ?? Self.standardListen
    guard isInsecure else { return (address, .mutualTLS(files, ClientAccess(clients))) }
    guard address.isLoopback else {
      throw SettingsError("USHER_GRPC_INSECURE: is for this machine alone, but USHER_GRPC_LISTEN is \(address)")
    }
    return (address, .plaintext)
  }

  /// How brokers are reached; nil when there is one in this process.
  func connection(timeout: Duration) throws(SettingsError) -> RemoteBrokerConfiguration? {
    guard !hasBroker else { return nil }
    let security: ClientSecurity = isInsecure ? .plaintext : .mutualTLS(files, brokerName: brokerName)
    if isInsecure, let address = brokerAddresses.first(where: { !$0.isLoopback }) {
      throw SettingsError("USHER_GRPC_INSECURE: is for this machine alone, but USHER_BROKER_ADDRESSES has \(address)")
    }
    return RemoteBrokerConfiguration(
      addresses: brokerAddresses.map { BrokerAddress(host: $0.host, port: $0.port) }, security: security,
      commandTimeout: timeout)
  }

  private var files: CertificateFiles {
    CertificateFiles(certificate: certificateFile ?? "", key: keyFile ?? "", authority: authorityFile ?? "")
  }
}

extension GatewayConfiguration.Address {
  /// True for addresses that only this machine reaches.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
