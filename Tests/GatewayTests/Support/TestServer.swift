import Logging
import NIOCore
import ServiceLifecycle
import ServiceQueue
import Testing

@testable import Gateway

/// A real Gateway on free ports of the loopback, over a Broker and users in memory.
struct TestServer: Sendable {
  let http: Int
  let admin: Int
  let broker: MemoryBroker
  let accounts: MemoryAccounts
  let services: GatewayServices

  /// Runs `body` against a server, which is shut down gracefully afterwards.
  static func run(
    broker: MemoryBroker = MemoryBroker(queues: ["front-desk", "roadside"]),
    configure: (inout GatewayConfiguration) -> Void = { _ in },
    health: @escaping @Sendable () async -> [DependencyStatus] = { [DependencyStatus(name: "redis", isReady: true)] },
    _ body: @Sendable @escaping (TestServer, ServiceGroup) async throws -> Void
  ) async throws {
    let accounts = try MemoryAccounts()
    let local = GatewayConfiguration.Address(host: "127.0.0.1", port: 0)
    var configuration = GatewayConfiguration(http: local, admin: local, site: "test")
    configuration.shutdownSpread = .milliseconds(20)
    configuration.closeTimeout = .milliseconds(500)
    configure(&configuration)
    let (ports, found) = AsyncStream<(Int, Int)>.makeStream()
    var logger = Logger(label: "gateway-tests")
    logger.logLevel = .error
    let gateway = Gateway(
      configuration: configuration, broker: broker, stores: accounts.stores, vault: MemoryVault(), health: health,
      metricsText: { "usher_test 1\n" }, logger: logger, onRunning: { found.yield(($0, $1)) })
    let group = ServiceGroup(configuration: .init(services: [gateway], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      tasks.addTask {
        for await (http, admin) in ports {
          let server = TestServer(
            http: http, admin: admin, broker: broker, accounts: accounts, services: gateway.services)
          do {
            try await server.waitForKeys()
            try await body(server, group)
          } catch {
            await group.triggerGracefulShutdown()
            throw error
          }
          break
        }
        await group.triggerGracefulShutdown()
      }
      try await tasks.waitForAll()
    }
  }

  private func waitForKeys() async throws {
    for _ in 0..<200 {
      if services.rights.isReady, try await request(.init("GET", "/.well-known/jwks.json")).status == 200 { return }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  func request(_ request: TestRequest) async throws -> TestResponse {
    try await TestResponse(bytes: TestConnection.exchange(port: http, bytes: request.bytes))
  }

  func adminRequest(_ path: String) async throws -> TestResponse {
    try await TestResponse(bytes: TestConnection.exchange(port: admin, bytes: TestRequest("GET", path).bytes))
  }

  /// An access token of one of the users in memory.
  func token(_ name: String) async throws -> String {
    let response = try await request(
      .init("POST", "/v1/auth/token", body: #"{"username":"\#(name)","password":"\#(name)-password"}"#))
    return try #require(response.json["access_token"]?.string)
  }

  /// Puts a service into a queue, as the producer.
  @discardableResult
  func submit(_ queue: String = "front-desk", customer: String? = nil) async throws -> TestResponse {
    let person = customer.map { #","customer":{"name":"\#($0)"}"# } ?? ""
    return try await request(
      .init(
        "POST", "/v1/queues/\(queue)/services", token: try await token("producer"),
        body: #"{"kind":"passport"\#(person)}"#))
  }

  /// A WebSocket on which nothing has been said.
  func socket(headers: [(String, String)] = []) async throws -> TestSocket {
    try await TestSocket(port: http, headers: headers)
  }

  /// A WebSocket that has connected as `name`.
  func connected(as name: String) async throws -> TestSocket {
    let token = try await token(name)
    let socket = try await socket()
    try await socket.send(#"{"id":1,"connect":{"token":"\#(token)"}}"#)
    let reply = try await socket.reply()
    try #require(reply["connect"] != nil, "\(reply)")
    return socket
  }
}

/// An HTTP request as text.
struct TestRequest: Sendable {
  var method: String
  var path: String
  var headers: [(String, String)]
  var body: String?

  init(_ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [], body: String? = nil) {
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
    if let token { self.headers.append(("authorization", "Bearer \(token)")) }
    if body != nil, !headers.contains(where: { $0.0 == "content-type" }) {
      self.headers.append(("content-type", "application/json"))
    }
  }

  /// The request with `connection: close`, so that the answer ends where the socket ends.
  var bytes: [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if let body { text += "content-length: \(body.utf8.count)\r\n" }
    if !headers.contains(where: { $0.0 == "connection" }) { text += "connection: close\r\n" }
    return Array((text + "\r\n" + (body ?? "")).utf8)
  }
}

/// An HTTP answer.
struct TestResponse: Sendable {
  let status: Int
  let headers: [String: String]
  let body: [UInt8]

  init(bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    let end = try #require(text.firstRange(of: "\r\n\r\n"), "an HTTP answer, not \"\(text)\"")
    var lines = text[..<end.lowerBound].split(separator: "\r\n")
    status = try #require(Int(lines.removeFirst().split(separator: " ")[1]))
    var headers = [String: String]()
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    self.headers = headers
    body = Array(text[end.upperBound...].utf8)
  }

  /// The body; `null` when it is no JSON.
  var json: JSONValue { (try? JSONScanner.parse(body)) ?? .null }

  var text: String { String(decoding: body, as: UTF8.self) }
}

extension JSONValue {
  /// A member further inside.
  subscript(path path: [String]) -> JSONValue? {
    path.reduce(Optional(self)) { $0?[$1] }
  }
}
