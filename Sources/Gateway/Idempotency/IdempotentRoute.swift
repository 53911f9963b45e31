import Hummingbird
import Logging
import NIOCore
import ServiceQueue
import UserStore

/// `Idempotency-Key` for routes whose changes are the user store's: the first request reserves the key and its answer is kept for a
/// day, sealed; the same request under the same key gets the same answer, byte for byte.
///
/// The key belongs to whoever asks, at the level that they have: nobody meets another's. A server that dies between a change and
/// its answer leaves a reservation, which ends after a minute; what comes then under the key is a request like any first.
enum IdempotentRoute {
  /// `handler`, called once for a key. The principal is who the bearer token says.
  static func wrapping(_ handler: @escaping RouteTable.Handler) -> RouteTable.Handler {
    { exchange in
      guard let key = try exchange.idempotencyKey() else { return try await handler(exchange) }
      let principal = try exchange.principal()
      let body = try await exchange.bodyBytes(limit: exchange.services.configuration.maximumBody)
      var exchange = exchange
      exchange.request.body = RequestBody(buffer: body)
      let again = exchange
      return try await answer(
        exchange, key: key, scope: "\(principal.id) \(principal.level.rawValue)", body: Array(buffer: body)
      ) { try await handler(again) }
    }
  }

  /// The answer to a request under `key`: the one that is kept, or that of `act`, which is kept then.
  ///
  /// - Parameters:
  ///   - scope: whose key it is; one that has shown who it is.
  ///   - body: what must be the same for the request to be the same, besides method and path. Only a keyed hash of it is kept.
  static func answer(
    _ exchange: Exchange, key: IdempotencyKey, scope: String, body: [UInt8],
    _ act: @Sendable () async throws -> Response
  ) async throws -> Response {
    let store = exchange.services.stores.idempotency
    let vault = exchange.services.desk.vault
    let line = "\(exchange.request.method.rawValue) \(exchange.request.uri.string)"
    let id: String
    let fingerprint: String
    do {
      id = try vault.fingerprint(of: Array("idempotency key\n\(scope)\n\(key.rawValue)".utf8))
      fingerprint = try vault.fingerprint(of: Array("idempotent request\n\(line)\n".utf8) + body)
    } catch { throw GatewayError.internal }
    let holder = exchange.services.ids.next().rawValue
    switch try await store.reserveAnswer(id: id, fingerprint: fingerprint, holder: holder) {
    case .kept(let bytes):
      guard let answer = StoredAnswer(encoded: bytes) else { throw GatewayError.internal }
      return answer.response
    case .underWay:
      throw GatewayError(.requestInProgress, "a request under this idempotency key is under way: try again")
    case .otherRequest:
      throw GatewayError(.idempotencyKeyReused, "this idempotency key belongs to another request: make a new one")
    case .reserved: break
    }
    let response: Response
    do {
      response = try await act()
    } catch {
      let problem = Problem.response(
        exchange.context.known(error, exchange.services.logger), requestID: exchange.context.id)
      return try await keep(problem, id, holder, exchange)
    }
    return try await keep(response, id, holder, exchange)
  }

  /// Keeps an answer, or gives the key free where it is none to keep. What was done is done: that it could not be kept is for the
  /// log, not for the client, who then has a key that is under way for a minute.
  private static func keep(
    _ response: Response, _ id: String, _ holder: String, _ exchange: Exchange
  ) async throws -> Response {
    let store = exchange.services.stores.idempotency
    let isKept = StoredAnswer.isKept(status: response.status.code)
    let answer = isKept ? try await StoredAnswer(response) : nil
    do throws(UserStoreError) {
      if let answer {
        try await store.keepAnswer(answer.encoded, id: id, holder: holder)
      } else {
        try await store.releaseAnswer(id: id, holder: holder)
      }
    } catch {
      exchange.services.logger.warning(
        "an answer was not kept for its idempotency key",
        metadata: ["request": "\(exchange.context.id)", "error": "\(error.code.rawValue)"])
    }
    return answer?.response ?? response
  }
}
