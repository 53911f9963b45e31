import Hummingbird

/// The console's files, for everyone: they hold no data. The client's modules import each other by relative path, so they are
/// checked with the server at each use and never of two versions.
enum ConsoleRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/console/:file") { exchange in
      guard let file = exchange.context.parameters.get("file").flatMap({ files[$0] }) else {
        throw GatewayError(.notFound, "there is no such file")
      }
      return file.response(to: exchange.request)
    }
  }

  private static let files: [String: StaticFile] = [
    "command-line.js": script(PackageResources.command_line_js),
    "emitter.js": script(PackageResources.emitter_js),
    "ordered-services.js": script(PackageResources.ordered_services_js),
    "queue-copy.js": script(PackageResources.queue_copy_js),
    "queue-digest.js": script(PackageResources.queue_digest_js),
    "queue-subscription.js": script(PackageResources.queue_subscription_js),
    "usher-client.js": script(PackageResources.usher_client_js),
    "usher-error.js": script(PackageResources.usher_error_js),
  ]

  /// An ECMAScript module, UTF-8.
  private static func script(_ contents: [UInt8]) -> StaticFile {
    StaticFile(contents, type: "text/javascript; charset=utf-8")
  }
}
