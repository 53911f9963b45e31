import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

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

  private static let files: [String: ConsoleFile] = [
    "command-line.js": ConsoleFile(script: PackageResources.command_line_js),
    "emitter.js": ConsoleFile(script: PackageResources.emitter_js),
    "ordered-services.js": ConsoleFile(script: PackageResources.ordered_services_js),
    "queue-copy.js": ConsoleFile(script: PackageResources.queue_copy_js),
    "queue-digest.js": ConsoleFile(script: PackageResources.queue_digest_js),
    "queue-subscription.js": ConsoleFile(script: PackageResources.queue_subscription_js),
    "usher-client.js": ConsoleFile(script: PackageResources.usher_client_js),
    "usher-error.js": ConsoleFile(script: PackageResources.usher_error_js),
  ]
}

/// A file that is built into the program.
struct ConsoleFile: Sendable {
  private let contents: ByteBuffer
  private let headers: HTTPFields

  /// An ECMAScript module, UTF-8.
  init(script: [UInt8]) {
    contents = ByteBuffer(bytes: script)
    var headers: HTTPFields = [
      .contentType: "text/javascript; charset=utf-8",
      .eTag: "\"\(SHA1.hexadecimal(script).prefix(20))\"",
      .cacheControl: "no-cache",
    ]
    headers[.xContentTypeOptions] = "nosniff"
    self.headers = headers
  }

  /// The file, or 304 to whoever has it.
  func response(to request: Request) -> Response {
    let known = request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }
      .map { $0.trimmingPrefix { $0 == " " }.trimmingPrefix("W/").filter { $0 != " " } }
    if known.contains("*") || known.contains(headers[.eTag] ?? "") {
      var kept = headers
      kept[.contentType] = nil
      return Response(status: .notModified, headers: kept)
    }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: contents))
  }
}
