import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

/// The internal listener: for probes and for the metrics collector, without authentication; not for the world.
enum AdminRoutes {
  static func router(
    health: @escaping @Sendable () async -> [DependencyStatus], metricsText: @escaping @Sendable () -> String
  ) -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.get("/health/live") { _, _ in
      Response.json {
        $0.object {
          $0.key("status"); $0.string("live")
        }
      }
    }
    router.get("/health/ready") { _, _ in ready(await health()) }
    router.get("/metrics") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: metricsText())))
    }
    return router
  }

  /// `{status, dependencies: [{name, ready, detail}]}`, one dependency a line; 503 when one is missing.
  private static func ready(_ dependencies: [DependencyStatus]) -> Response {
    let isReady = dependencies.allSatisfy(\.isReady)
    var lines = [[UInt8]]()
    for dependency in dependencies {
      var json = JSONWriter()
      json.object {
        $0.key("name")
        $0.string(dependency.name)
        $0.key("ready")
        $0.bool(dependency.isReady)
        if let detail = dependency.detail {
          $0.key("detail")
          $0.string(detail)
        }
      }
      lines.append(json.bytes)
    }
    let body =
      Array("{\"status\":\"\(isReady ? "ready" : "not_ready")\",\"dependencies\":[\n".utf8)
      + Array(lines.joined(separator: Array(",\n".utf8))) + Array("\n]}\n".utf8)
    return .json(isReady ? .ok : .serviceUnavailable, body)
  }
}
