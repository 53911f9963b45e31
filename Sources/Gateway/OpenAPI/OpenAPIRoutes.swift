import Hummingbird
import ServiceQueue

/// The document that describes this API, for everyone.
enum OpenAPIRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/openapi.json") { exchange in file.response(to: exchange.request) }
  }

  private static let file = StaticFile(
    OpenAPIDocument.gateway.bytes, type: "application/json", cacheControl: "public, max-age=300")
}

extension OpenAPIDocument {
  /// The document of the public listener. One fragment a concern; `base` first.
  static let gateway: OpenAPIDocument = {
    do {
      return try OpenAPIDocument(fragments: [
        PackageResources.base_json, PackageResources.auth_json, PackageResources.tokens_json,
        PackageResources.users_json, PackageResources.people_json, PackageResources.queues_json,
        PackageResources.services_json, PackageResources.history_json, PackageResources.reports_json,
        PackageResources.audit_json, PackageResources.subjects_json,
        PackageResources.deadletters_json, PackageResources.links_json,
      ])
    } catch {
      // A slip in a file of the source, which the first test that starts a Gateway finds.
      preconditionFailure("the OpenAPI fragments are no document: \(error)")
    }
  }()
}
