import Testing

@testable import Gateway

/// The pages and their files over a real socket.
@Suite struct ConsoleTests {
  @Test func filesAreServedWithTheirType() async throws {
    try await TestServer.run { server, _ in
      let types = [
        "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8",
        "svg": "image/svg+xml",
      ]
      for (path, contents) in ConsoleFiles.table {
        let file = try await server.request(.init("GET", "/console/\(path)"))
        #expect(file.status == 200, "\(path)")
        #expect(file.body == contents, "\(path)")
        #expect(file.headers["content-type"] == types[String(path.split(separator: ".").last!)], "\(path)")
        #expect(file.headers["cache-control"] == "no-cache")
        #expect(file.headers["x-content-type-options"] == "nosniff")
        #expect(file.headers["cross-origin-resource-policy"] == "same-origin")
        #expect(file.headers["referrer-policy"] == "no-referrer")
      }
    }
  }

  @Test func whatABrowserHasIsNotSentAgain() async throws {
    try await TestServer.run { server, _ in
      for path in ["/console/usher-client.js", "/console/app/console.html", "/"] {
        let tag = try #require(try await server.request(.init("GET", path)).headers["etag"])
        for sent in [tag, "\"other\", W/\(tag)", "*"] {
          let known = try await server.request(.init("GET", path, headers: [("if-none-match", sent)]))
          #expect(known.status == 304, "\(sent)")
          #expect(known.headers["etag"] == tag)
          #expect(known.text.isEmpty)
        }
        let changed = try await server.request(.init("GET", path, headers: [("if-none-match", "\"other\"")]))
        #expect(changed.status == 200)
      }
    }
  }

  @Test(arguments: [
    ("/", "app/console.html"), ("/board/front-desk", "board/board.html"), ("/board/no-such-queue", "board/board.html"),
    ("/ticket/0192f7a0-0000-7000-8000-000000000001", "ticket/ticket.html"), ("/ticket/x", "ticket/ticket.html"),
  ])
  func pagesForbidWhatTheyDoNotNeed(_ path: String, _ file: String) async throws {
    try await TestServer.run { server, _ in
      let page = try await server.request(.init("GET", path))
      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.body == ConsoleFiles.table.first { $0.path == file }?.contents)
      #expect(
        page.headers["content-security-policy"]
          == """
          default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
          manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
          require-trusted-types-for 'script'; trusted-types 'none'
          """)
      #expect(page.headers["cross-origin-opener-policy"] == "same-origin")
      #expect(page.headers["cross-origin-resource-policy"] == "same-origin")
      #expect(page.headers["referrer-policy"] == "no-referrer")
      #expect(page.headers["x-content-type-options"] == "nosniff")
    }
  }

  @Test(arguments: [
    "/console/README.md", "/console/package.json", "/console/..%2Fusher.lua", "/console/nothing.js", "/console/app",
    "/console/app/", "/console/app/nothing.js", "/console/nothing/console.html", "/console/app/..%2Fusher-client.js",
    "/console/%2E%2E/usher-client.js", "/console/app%2Fconsole.html", "/console/app/console.html/x", "/console/",
    "/board", "/board/", "/ticket/a/b", "/favicon.ico",
  ])
  func nothingElseIs(_ path: String) async throws {
    try await TestServer.run { server, _ in
      let answer = try await server.request(.init("GET", path))
      #expect(answer.status == 404)
      #expect(answer.headers["content-type"] == "application/problem+json")
      let posted = try await server.request(.init("POST", "/console/usher-client.js", body: "{}"))
      #expect(posted.status == 405)
    }
  }
}
