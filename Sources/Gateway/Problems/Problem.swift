import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

/// An error as RFC 9457 `application/problem+json`.
enum Problem {
  /// `{type, title, status, detail, code, request_id}`, and `state` where one was found.
  static func json(_ error: GatewayError, requestID: String) -> [UInt8] {
    let row = error.code.row
    var json = JSONWriter()
    json.object {
      $0.key("type")
      $0.string("urn:usher:problem:\(error.code.rawValue)")
      $0.key("title")
      $0.string(row.title)
      $0.key("status")
      $0.number(row.status)
      $0.key("detail")
      $0.string(error.message)
      $0.key("code")
      $0.string(error.code.rawValue)
      if let state = error.state {
        $0.key("state")
        $0.string(state.rawValue)
      }
      $0.key("request_id")
      $0.string(requestID)
    }
    return json.bytes
  }

  /// The response, with the headers that belong to the status.
  static func response(_ error: GatewayError, requestID: String) -> Response {
    var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
    if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
    if !error.allow.isEmpty { headers[.allow] = error.allow.joined(separator: ", ") }
    switch error.code {
    case .unauthorized, .tokenInvalid: headers[.wwwAuthenticate] = "Bearer realm=\"usher\""
    case .tokenExpired:
      headers[.wwwAuthenticate] =
        "Bearer realm=\"usher\", error=\"invalid_token\", error_description=\"the token has expired\""
    case .invalidCredentials: headers[.wwwAuthenticate] = "Bearer realm=\"usher\""
    case .requestTimeout: headers[.connection] = "close"
    case .upgradeRequired:
      headers[.upgrade] = "websocket"
    default: break
    }
    return Response(
      status: .init(code: error.code.row.status), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json(error, requestID: requestID))))
  }
}
