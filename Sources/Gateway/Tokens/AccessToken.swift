import ServiceQueue

/// What an access token says: who, with which rights, until when.
struct AccessToken: Hashable, Sendable {
  /// Who bears it.
  let principal: Principal
  /// When it was issued, in seconds since 1970.
  let issuedAt: Int64
  /// When it ends, in seconds since 1970.
  let expiresAt: Int64
  /// The login that it comes from; nil in a token of no login.
  var session: String?
}

/// Why a token is refused. Tells the bearer nothing more than to get a new one.
enum TokenFault: Error, Hashable, Sendable {
  /// Not a token of this server, or tampered with.
  case invalid
  /// It was one, until it ended.
  case expired
  /// The keys are not loaded yet, or none may sign yet.
  case noKeys
}

extension GatewayError {
  init(_ fault: TokenFault) {
    switch fault {
    case .invalid: self.init(.unauthorized, "the access token is not valid; sign in again")
    case .expired: self.init(.tokenExpired, "the access token has expired; refresh it")
    case .noKeys: self.init(.unavailable, "the signing keys are not loaded yet; try again")
    }
  }
}
