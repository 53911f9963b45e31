import Foundation
import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Forgetting customers, for administrators. Whom it is about stands in the request alone: not in an answer, an error, the log or
/// the audit.
enum SubjectRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.delete, "/v1/subjects/:id", erase)
    routes.on(.get, "/v1/erasures", list)
    routes.on(.get, "/v1/erasures/:id") { exchange in
      _ = try exchange.administrator()
      guard let id = exchange.context.parameters.get("id").flatMap({ ServiceID($0) }) else {
        throw GatewayError(.notFound, "there is no such erasure")
      }
      return response(try await exchange.services.stores.subjects.erasure(id: id.rawValue))
    }
  }

  /// The same answer whether there is such a customer or not.
  private static func erase(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let name = try name(exchange)
    var meaning: SubjectMeaning?
    if let word = exchange.query("by") {
      guard let known = SubjectMeaning(rawValue: word) else {
        throw GatewayError(
          .invalidArgument, "by is one of \(SubjectMeaning.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      meaning = known
    }
    let erasure = try await exchange.services.stores.subjects.requestErasure(
      of: name, as: meaning, audit: exchange.auditEntry("subject.erase", by: administrator))
    return response(erasure, .accepted, [.location: "/v1/erasures/\(erasure.id)"])
  }

  private static func name(_ exchange: Exchange) throws(GatewayError) -> String {
    let limit = SubmissionDraft.Limits.customerValueBytes
    guard let name = exchange.context.parameters.get("id")?.removingPercentEncoding,
      (1...limit).contains(name.utf8.count), name.contains(where: { !$0.isWhitespace })
    else {
      throw GatewayError(
        .invalidArgument,
        "the path names a customer's id, email or phone, or a service: 1 to \(limit) bytes of UTF-8, percent-encoded")
    }
    return name
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.administrator()
    let limit = try exchange.query("limit", in: 1...500) ?? 100
    var cursor: ErasureCursor?
    if let text = exchange.query("cursor") {
      guard let known = ErasureCursor(text: text) else {
        throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
      }
      cursor = known
    }
    let page = try await exchange.services.stores.subjects.erasures(after: cursor, limit: Int(limit))
    return .json {
      $0.object {
        $0.key("erasures")
        $0.array { list in for erasure in page.erasures { list.erasure(erasure) } }
        $0.key("next_cursor")
        $0.optional(page.next?.text)
      }
    }
  }

  private static func response(
    _ erasure: Erasure, _ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]
  ) -> Response {
    .json(status, headers: headers) { $0.erasure(erasure) }
  }
}

extension JSONWriter {
  /// `{id, state, requested_at, done_at, services}`.
  fileprivate mutating func erasure(_ erasure: Erasure) {
    object {
      $0.key("id")
      $0.string(erasure.id)
      $0.key("state")
      $0.string(erasure.doneAt == nil ? "pending" : "done")
      $0.key("requested_at")
      $0.string(erasure.requestedAt.description)
      $0.key("done_at")
      $0.optional(erasure.doneAt?.description)
      $0.key("services")
      $0.number(erasure.services)
    }
  }
}
