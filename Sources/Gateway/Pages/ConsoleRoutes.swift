import Hummingbird

/// The pages and their files, for everyone: they hold no data. Which queue or ticket a page is about, its script reads from the
/// address. Modules import each other by relative path, so files are checked with the server at each use and never of two
/// versions.
enum ConsoleRoutes {
  static func add(to routes: inout RouteTable) {
    // The console, the display of a waiting room, and a customer's ticket.
    for (path, folder, file) in [
      ("/", "app", "console.html"), ("/board/:queue", "board", "board.html"), ("/ticket/:id", "ticket", "ticket.html"),
    ] {
      routes.on(.get, path) { exchange in try response([folder, file], exchange) }
    }
    routes.on(.get, "/console/:entry") { exchange in
      try response([exchange.context.parameters.get("entry") ?? ""], exchange)
    }
    routes.on(.get, "/console/:entry/:file") { exchange in
      let parameters = exchange.context.parameters
      return try response([parameters.get("entry") ?? "", parameters.get("file") ?? ""], exchange)
    }
  }

  /// The file with this path. Each has one address alone: none with a slash that was written as `%2F`.
  private static func response(_ path: [String], _ exchange: Exchange) throws(GatewayError) -> Response {
    guard !path.contains(where: { $0.contains("/") }), let file = ConsoleFiles.all[path.joined(separator: "/")] else {
      throw GatewayError(.notFound, "there is no such file")
    }
    return file.response(to: exchange.request)
  }
}
