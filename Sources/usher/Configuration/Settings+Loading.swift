extension Settings {
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
    let problems = reader.problems.map(\.description) + settings.missing(of: needs(settings), in: reader)
    guard problems.isEmpty else { throw SettingsError(problems.joined(separator: "\n")) }
    return settings
  }

  /// What is missing of `names`, one line each.
  func missing(of names: Set<Needed>, in reader: SettingsReader) -> [String] {
    reader.rows.filter { $0.effective?.isEmpty ?? true }.map(\.setting).compactMap { setting in
      guard let needed = Needed(rawValue: setting.name), names.contains(needed) else { return nil }
      if needed == .keysetFile, keyset != nil { return nil }
      guard !reader.problems.contains(where: { $0.name.hasPrefix(setting.name) }) else { return nil }
      return "\(setting.name): is missing; it takes \(setting.takes)"
    }
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
