import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceQueue
import UserStore

/// What Hummingbird carries along with a request.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The peer's address, without port.
  let remoteAddress: String
  /// The connection that the request came by.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
    remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
  }
}

/// One request being answered: what routes ask of it.
struct Exchange: Sendable {
  let request: Request
  let context: GatewayContext
  let services: GatewayServices

  var desk: CommandDesk { services.desk }

  /// The bearer token, not looked at; throws `unauthorized`.
  func bearer() throws(GatewayError) -> String {
    guard let header = request.headers[.authorization] else {
      throw GatewayError(.unauthorized, "an access token is needed: Authorization: Bearer TOKEN")
    }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw GatewayError(.unauthorized, "an access token is needed: Authorization: Bearer TOKEN")
    }
    return String(parts[1])
  }

  /// Who asks, by the bearer token; throws `unauthorized` also when its session is over, `tokenExpired` also when the user's
  /// rights are others by now, and `disabled`.
  func principal() throws(GatewayError) -> Principal {
    let bearer = try bearer()
    let token: AccessToken
    do { token = try services.tokens.verify(bearer, now: services.clock.seconds) } catch {
      throw GatewayError(error)
    }
    switch services.rights.verdict(on: token) {
    case .current: return token.principal
    case .outdated: throw GatewayError(.expired)
    case .ended: throw GatewayError(.unauthorized, "this session has ended; sign in again")
    case .disabled: throw GatewayError(.disabled, "this user is disabled: ask an administrator")
    case .unknown: throw GatewayError(.noKeys)
    }
  }

  /// Who asks, if it is an administrator.
  func administrator() throws(GatewayError) -> Principal {
    let principal = try principal()
    guard AccessPolicy.allows(.administer, level: principal.level) else { throw .forbidden }
    return principal
  }

  /// What the audit is to say of this request.
  func auditEntry(
    _ action: String, by principal: Principal, object: String? = nil, detail: [UInt8]? = nil
  ) -> AuditEntry {
    AuditEntry(
      action: action, actor: .init(id: principal.id, name: principal.name), object: object, detail: detail,
      address: context.remoteAddress, requestID: context.id)
  }

  /// The queue that the path names.
  func queue() throws(GatewayError) -> QueueName {
    guard let queue = context.parameters.get("queue").flatMap(QueueName.init) else {
      throw GatewayError(.unknownQueue, "there is no such queue")
    }
    return queue
  }

  /// The service that the path names.
  func serviceID() throws(GatewayError) -> ServiceID {
    guard let id = context.parameters.get("id").flatMap({ ServiceID($0) }) else { throw .notFound }
    return id
  }

  /// The body's JSON; nil when there is no body. `limit` is in bytes, `maximumBody` when there is none.
  func body(limit: Int? = nil) async throws -> JSONValue? {
    let limit = limit ?? services.configuration.maximumBody
    let tooLarge = GatewayError(.payloadTooLarge, "a body may have \(limit) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw tooLarge
    } catch let error as CancellationError {
      throw error
    } catch is RequestDeadline.Passed {
      throw GatewayError(.requestTimeout, "the body took too long")
    } catch {
      // The client's framing is wrong, or it went away: whatever it was, the body is not there.
      throw GatewayError(.malformedJSON, "the body broke off or is not well-formed HTTP")
    }
    guard buffer.readableBytes > 0 else { return nil }
    let type = request.headers[.contentType]?.split(separator: ";").first?
      .trimmingPrefix { $0 == " " }.lowercased()
    guard let type, type.filter({ $0 != " " }) == "application/json" else {
      throw GatewayError(.unsupportedMediaType, "a body must be application/json")
    }
    do {
      return try JSONScanner.parse(Array(buffer: buffer), limits: .init(bytes: limit))
    } catch { throw GatewayError(error) }
  }

  /// The body's members, no others than `known`.
  func arguments(_ known: Set<String>) async throws -> Arguments {
    try Arguments(try await body(), known: known)
  }

  /// The Idempotency-Key header.
  func idempotencyKey() throws(GatewayError) -> IdempotencyKey? {
    guard let name = HTTPField.Name("Idempotency-Key"), let text = request.headers[name] else { return nil }
    return try Arguments.idempotencyKey(text)
  }

  /// The version in If-Match; nil without one, or for `*`.
  func ifMatch() throws(GatewayError) -> Int64? {
    guard let tag = request.headers[.ifMatch], tag != "*" else { return nil }
    // A weak tag never matches here (RFC 9110, section 13.1.1), and neither does one that this server did not give.
    guard tag.count > 2, tag.hasPrefix("\""), tag.hasSuffix("\""),
      tag.dropFirst().dropLast().allSatisfy({ ("0"..."9").contains($0) }),
      let version = Int64(tag.dropFirst().dropLast()), version > 0
    else { throw GatewayError(.versionMismatch, "If-Match takes one ETag as this server gave it, such as \"3\"") }
    return version
  }

  /// A parameter of the query, decoded.
  func query(_ name: String) -> String? {
    request.uri.queryParameters[Substring(name)].map(String.init)
  }

  /// A whole number of the query.
  func query(_ name: String, in range: ClosedRange<Int64>) throws(GatewayError) -> Int64? {
    guard let text = query(name) else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw GatewayError(
        .invalidArgument, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The epoch of the query; throws `invalidArgument` for what is none.
  func epoch() throws(GatewayError) -> Epoch? {
    guard let text = query("epoch") else { return nil }
    guard let epoch = Epoch(text) else {
      throw GatewayError(.invalidArgument, "epoch is not one that this server gave")
    }
    return epoch
  }
}

extension Response {
  /// JSON that is not to be kept by anyone between: it is of this moment, and of this user.
  static func json(_ status: HTTPResponse.Status = .ok, _ bytes: [UInt8], _ headers: HTTPFields = [:]) -> Response {
    var fields = headers
    fields[.contentType] = "application/json"
    if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
    return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// JSON, written by `body`.
  static func json(
    _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ body: (inout JSONWriter) -> Void
  ) -> Response {
    var json = JSONWriter(capacity: 1_024)
    body(&json)
    return .json(status, json.bytes, headers)
  }
}
