import FieldEncryption

/// Keyed hashes of what PostgreSQL is to find or count without knowing it.
extension UserStoreActor {
  /// What stands in `users.email_index` for an address: equal for addresses that differ in case or in white space around them,
  /// empty where nothing is left of it.
  func blindIndex(_ email: String) throws(UserStoreError) -> [UInt8] {
    do {
      return try BlindIndex(keyset, purpose: "users.email").value(of: .email(email)) ?? []
    } catch {
      throw UserStoreError(.internal, error.description)
    }
  }

  /// What stands in `login_failures.key` for an account, an address, or an account at an address.
  func failureKey(_ kind: FailureKind) throws(UserStoreError) -> [UInt8] {
    try keyedHash(kind.text, purpose: "usher login failures 1")
  }

  /// What stands in `refresh_families.network_hash` for where a session was begun.
  func networkHash(_ network: String) throws(UserStoreError) -> [UInt8] {
    try keyedHash(network, purpose: "usher session network 1")
  }

  private func keyedHash(_ text: String, purpose: StaticString) throws(UserStoreError) -> [UInt8] {
    do {
      return try KeyedHash(keyset, purpose: purpose).hash(Array(text.utf8))
    } catch {
      throw UserStoreError(.internal, error.description)
    }
  }
}

/// Whose failed logins are counted.
enum FailureKind: Hashable, Sendable {
  /// All that try a name, from wherever.
  case account(String)
  /// All that come from one network.
  case network(String)
  /// Those that try a name from a network where its user is at home.
  case home(String, String)

  var text: String {
    switch self {
    case .account(let name): "account \(name.lowercased())"
    case .network(let network): "network \(network)"
    case .home(let name, let network): "home \(name.lowercased()) \(network)"
    }
  }
}
