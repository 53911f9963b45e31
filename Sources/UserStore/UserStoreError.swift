/// Why the store did not do as asked. Each door turns it into its own form at one place.
public struct UserStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// PostgreSQL cannot be reached, timed out, or lacks the schema; nothing was changed.
    case unavailable
    /// Too much under way; nothing was changed, try again later.
    case overloaded
    /// The connection broke after the statement was sent: it may or may not have happened. Look, then decide.
    case outcomeUnknown = "outcome_unknown"
    /// No user or history entry of that id.
    case notFound = "not_found"
    /// Another user has that name (upper and lower case are the same).
    case usernameTaken = "username_taken"
    /// The user was changed since the version the caller has seen.
    case versionMismatch = "version_mismatch"
    /// Unknown user or wrong password; which of them is not told.
    case invalidCredentials = "invalid_credentials"
    /// The user may not log in any more.
    case disabled
    /// A refresh token was used a second time: all tokens of its login are revoked.
    case tokenReuse = "token_reuse"
    /// No such refresh token, or expired, or revoked.
    case tokenInvalid = "token_invalid"
    /// The password is too short, too long or too easy to guess; the message says which.
    case weakPassword = "weak_password"
    /// Too many failed logins: `retryAfter` says when the next one may be tried.
    case throttled
    /// No such invitation, or used, or expired; which of them is not told.
    case invitationInvalid = "invitation_invalid"
    /// No such link, or revoked; which of them is not told.
    case linkInvalid = "link_invalid"
    /// There are as many of them as there may be.
    case limitReached = "limit_reached"
    /// The site would have no administrator who can log in.
    case lastAdministrator = "last_administrator"
    /// An argument is out of its bounds.
    case invalidArgument = "invalid_argument"
    /// What is stored cannot be understood; a bug, a foreign schema or a lost key.
    case `internal`
  }

  /// What went wrong.
  public let code: Code
  /// What went wrong and what to do, for people; never personal data, passwords or tokens.
  public let message: String

  /// In how many seconds it may be tried again, where that is known.
  public let retryAfter: Int?

  /// An error with its code and a message that says what to do.
  public init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  static func throttled(milliseconds: Int64) -> UserStoreError {
    UserStoreError(.throttled, "too many failed attempts; wait", retryAfter: Int((milliseconds + 999) / 1_000))
  }

  /// Code and message.
  public var description: String { "\(code.rawValue): \(message)" }
}

extension UserStoreError {
  /// The one place where PostgreSQL's refusals become the store's.
  init(_ failure: SQLFailure) {
    switch failure {
    case .unavailable(let reason): self.init(.unavailable, "\(reason): try again later")
    case .overloaded: self.init(.overloaded, "too many statements are under way: try again later")
    case .outcomeUnknown:
      self.init(.outcomeUnknown, "the connection broke after the statement was sent: it may have been carried out")
    case .unreadable(let column):
      self.init(.internal, "column \(column) of an answer has an unexpected type: is the schema Usher's?")
    case .refused(let sqlState, let detail): self.init(sqlState: sqlState, detail: detail)
    }
  }

  private init(sqlState: String, detail: String) {
    let cause = detail.isEmpty ? "SQLSTATE \(sqlState)" : "SQLSTATE \(sqlState), \(detail)"
    switch sqlState {
    case SQLState.queryCanceled: self.init(.unavailable, "PostgreSQL was too slow and gave up: try again later")
    case SQLState.undefinedTable: self.init(.unavailable, "the database lacks Usher's tables: run usher migrate")
    default:
      switch sqlState.prefix(2) {
      case "22", "23": self.init(.invalidArgument, "PostgreSQL refuses the values (\(cause))")
      case "40", "53", "55", "57", "58":
        self.init(.unavailable, "PostgreSQL cannot do it now (\(cause)): try again later")
      default: self.init(.internal, "PostgreSQL refuses the statement (\(cause))")
      }
    }
  }
}
