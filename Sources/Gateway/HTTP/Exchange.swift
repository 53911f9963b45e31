import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes
import ServiceQueue
import UserStore

/// What Hummingbird carries along with a request.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection that the request came by.
  let channel: any Channel
  /// Its other end, which a channel no longer knows once it is closed.
  let peer: SocketAddress?
  /// The request's id: in its answer, its log lines and its audit entries.
  private(set) var id = ""

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
    peer = source.channel.remoteAddress
  }

  /// Gives the request its id.
  mutating func identify(_ id: String) { self.id = id }
}

/// One request being answered: what routes ask of it.
struct Exchange: Sendable {
  var request: Request
  let context: GatewayContext
  let services: GatewayServices
  /// What stands behind the path's `?`.
  let parameters: QueryParameters

  // The name has the form of one.
  private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!

  var desk: CommandDesk { services.desk }

  /// The address that the request comes from, without port: the peer's, or the client's that proxies name which are trusted to.
  var remoteAddress: String {
    services.configuration.trustedProxies.client(
      peer: context.peer?.ipAddress ?? "unknown",
      forwarded: request.headers[values: Self.forwardedFor])
  }

  /// From where somebody logs in.
  var loginOrigin: LoginOrigin {
    LoginOrigin(address: remoteAddress, network: place, userAgent: request.headers[.userAgent])
  }

  /// What counts as one place when attempts are limited.
  var place: String {
    let address = remoteAddress
    return NetworkAddress(address)?.place ?? address
  }

  /// The bearer token, not looked at; throws `unauthorized`.
  func bearer() throws(GatewayError) -> String {
    let headers = request.headers[values: .authorization]
    guard headers.count == 1, let header = headers.first else {
      throw GatewayError(.unauthorized, "an access token is needed: Authorization: Bearer TOKEN")
    }
    let space = UInt8(ascii: " ")
    guard let end = header.utf8.firstIndex(of: space), header[..<end].lowercased() == "bearer",
      let start = header.utf8[end...].firstIndex(where: { $0 != space })
    else {
      throw GatewayError(.unauthorized, "an access token is needed: Authorization: Bearer TOKEN")
    }
    return String(header[start...])
  }

  /// Who asks, by the bearer token; throws `unauthorized` also when its session is over, `tokenExpired` also when the user's
  /// rights are others by now, and `disabled`.
  func principal() throws(GatewayError) -> Principal { try token().principal }

  /// The access token of who asks; throws as `principal` does.
  func token() throws(GatewayError) -> AccessToken {
    let bearer = try bearer()
    let token: AccessToken
    do { token = try services.tokens.verify(bearer, now: services.clock.seconds) } catch {
      throw GatewayError(error)
    }
    switch services.rights.verdict(on: token) {
    case .current: return token
    case .outdated: throw GatewayError(.expired)
    case .ended: throw GatewayError(.unauthorized, "this session has ended; sign in again")
    case .disabled: throw GatewayError(.disabled, "this user is disabled: ask an administrator")
    case .unknown: throw GatewayError(.noKeys)
    }
  }

  /// Who asks, if it is an administrator of the whole site: users, keys, audit and dead letters are of no queue, and whoever is
  /// limited to some queues could lift the limit by making another administrator.
  func administrator() throws(GatewayError) -> Principal {
    let principal = try principal()
    guard AccessPolicy.allows(.administer, level: principal.level), principal.queues == nil else { throw .forbidden }
    return principal
  }

  /// What the audit is to say of this request.
  func auditEntry(
    _ action: String, by principal: Principal, object: String? = nil, detail: [UInt8]? = nil
  ) -> AuditEntry {
    AuditEntry(
      action: action, actor: .init(id: principal.id, name: principal.name), object: object, detail: detail,
      address: remoteAddress, requestID: context.id)
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
    let buffer = try await bodyBytes(limit: limit)
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

  /// The body as it came, at most `limit` bytes.
  func bodyBytes(limit: Int) async throws -> ByteBuffer {
    let tooLarge = GatewayError(.payloadTooLarge, "a body may have \(limit) bytes")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
    do {
      try await welcomeBody()
      return try await request.body.collect(upTo: limit)
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
  }

  /// Tells a client that asks first (`Expect: 100-continue`) to send its body: by now it may, and the body is not too long.
  private func welcomeBody() async throws {
    guard let expect = HTTPField.Name("Expect"), request.headers[expect]?.lowercased() == "100-continue" else { return }
    try await context.channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)))
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
    parameters[name]
  }

  /// A whole number of the query.
  func query(_ name: String, in range: ClosedRange<Int64>) throws(GatewayError) -> Int64? {
    guard let text = query(name) else { return nil }
    // A sign is none of a number here, though Swift reads it.
    guard text.first?.isNumber == true, let number = Int64(text), range.contains(number) else {
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
