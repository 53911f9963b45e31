import Reactor
import ServiceQueue

/// Who the load works as.
enum LoadRole: String, Sendable, CaseIterable {
  case admin, supervisor, agent, viewer
}

/// Access tokens of the users, each signed in once and again before its token is over.
actor Sessions {
  /// Tokens are good for ten minutes.
  static let renewal = Duration.seconds(240)

  private let client: RestClient
  private let target: LoadTarget
  private var tokens: [LoadRole: String] = [:]

  init(_ target: LoadTarget, on reactor: Reactor) {
    self.target = target
    client = RestClient(target.http, on: reactor)
  }

  func close() async { await client.close() }

  /// A token; signs the user in if it has none.
  func token(_ role: LoadRole) async throws -> String {
    if let token = tokens[role] { return token }
    return try await renew(role)
  }

  /// Signs a user in anew.
  func renew(_ role: LoadRole) async throws -> String {
    guard let account = target.accounts[role] else {
      throw BenchError("the password of '\(role.rawValue)' is missing: set \(LoadTarget.variable(role))")
    }
    var writer = JSONWriter()
    writer.object { body in
      body.key("username")
      body.string(account.name)
      body.key("password")
      body.string(account.password)
    }
    do {
      guard let token = try await client.json("POST", "/v1/auth/token", writer.bytes)["access_token"]?.string else {
        throw LoadError("bad_answer")
      }
      tokens[role] = token
      return token
    } catch {
      throw BenchError("\(account.name) cannot sign in at \(target.http.text): \(error)")
    }
  }
}
