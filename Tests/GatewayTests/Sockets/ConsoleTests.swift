import Testing

@testable import Gateway

/// The console's files over a real socket.
@Suite struct ConsoleTests {
  @Test(arguments: [
    "usher-client.js", "command-line.js", "emitter.js", "ordered-services.js", "queue-copy.js", "queue-digest.js",
    "queue-subscription.js", "usher-error.js",
  ])
  func modulesAreServed(_ name: String) async throws {
    try await TestServer.run { server, _ in
      let file = try await server.request(.init("GET", "/console/\(name)"))
      #expect(file.status == 200)
      #expect(file.headers["content-type"] == "text/javascript; charset=utf-8")
      #expect(file.headers["cache-control"] == "no-cache")
      #expect(file.headers["x-content-type-options"] == "nosniff")
      #expect(file.text.contains("export "))
      // A module imports only what is served beside it.
      for match in file.text.matches(of: /from "\.\/([^"]+)"/) {
        let imported = try await server.request(.init("GET", "/console/\(match.1)"))
        #expect(imported.status == 200, "\(match.1)")
      }

      let tag = try #require(file.headers["etag"])
      for sent in [tag, "\"other\", W/\(tag)", "*"] {
        let known = try await server.request(
          .init("GET", "/console/\(name)", headers: [("if-none-match", sent)]))
        #expect(known.status == 304, "\(sent)")
        #expect(known.headers["etag"] == tag)
        #expect(known.text.isEmpty)
      }
      let changed = try await server.request(
        .init("GET", "/console/\(name)", headers: [("if-none-match", "\"other\"")]))
      #expect(changed.status == 200)
    }
  }

  @Test func nothingElseIs() async throws {
    try await TestServer.run { server, _ in
      for path in ["/console/README.md", "/console/..%2Fusher.lua", "/console/nothing.js"] {
        let answer = try await server.request(.init("GET", path))
        #expect(answer.status == 404, "\(path)")
      }
      let posted = try await server.request(.init("POST", "/console/usher-client.js", body: "{}"))
      #expect(posted.status == 405)
    }
  }
}
