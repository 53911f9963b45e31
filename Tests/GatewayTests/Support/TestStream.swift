import NIOCore
import ServiceQueue
import Testing

/// A reader of server-sent events, made by hand.
actor TestStream {
  struct Event: Sendable {
    var name = "message"
    var id: String?
    var data: JSONValue = .null
    var retry: Int?
    var isComment = false
  }

  nonisolated let connection: TestConnection
  private var iterator: AsyncStream<[UInt8]>.AsyncIterator
  private var raw: [UInt8]
  private var body: [UInt8] = []
  /// The empty chunk came: the answer is whole.
  private(set) var isComplete = false
  nonisolated let head: String

  init(port: Int, _ request: TestRequest, reads: Bool = true) async throws {
    connection = try await TestConnection(port: port, reads: reads)
    var request = request
    request.headers += [("accept", "text/event-stream"), ("connection", "keep-alive")]
    try await connection.write(request.bytes)
    if !reads { try await connection.channel.setOption(.autoRead, value: true).get() }
    var iterator = connection.received.makeAsyncIterator()
    var bytes = [UInt8]()
    var head: String?
    while head == nil, let some = await iterator.next() {
      bytes += some
      if let end = Self.headEnd(bytes) {
        head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        bytes.removeFirst(end)
      }
    }
    self.head = try #require(head)
    self.iterator = iterator
    raw = bytes
    try #require(self.head.hasPrefix("http/1.1 200"), "\(self.head)")
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
  }

  /// The next event, comment or retry; nil when the server has closed.
  func next() async throws -> Event? {
    while true {
      if let event = try takeEvent() { return event }
      var iterator = iterator
      let some = await iterator.next(isolation: self)
      self.iterator = iterator
      guard let some else { return nil }
      raw += some
      try takeChunks()
    }
  }

  /// The next event of this name; others, but for pings, are a failure.
  func event(_ name: String) async throws -> Event {
    while let event = try await next() {
      if event.isComment || event.retry != nil { continue }
      #expect(event.name == name, "\(event)")
      if event.name == name { return event }
      throw TestSocket.Ended()
    }
    throw TestSocket.Ended()
  }

  private func takeChunks() throws {
    while let line = raw.firstIndex(of: 13), line + 2 <= raw.count {
      let size = try #require(Int(String(decoding: raw[..<line], as: UTF8.self), radix: 16))
      guard raw.count >= line + 4 + size else { return }
      if size == 0 { isComplete = true }
      body += raw[(line + 2)..<(line + 2 + size)]
      raw.removeFirst(line + 4 + size)
    }
  }

  private func takeEvent() throws -> Event? {
    guard body.count >= 2, let end = (1..<body.count).first(where: { body[$0] == 10 && body[$0 - 1] == 10 }) else {
      return nil
    }
    let text = String(decoding: body[..<(end - 1)], as: UTF8.self)
    body.removeFirst(end + 1)
    var event = Event()
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
      switch parts[0] {
      case "": event.isComment = true
      case "event": event.name = value
      case "id": event.id = value
      case "retry": event.retry = Int(value)
      case "data": event.data = try JSONScanner.parse(Array(value.utf8), limits: .init(bytes: 1 << 24))
      default: Issue.record("a line that is none of ours: \(line)")
      }
    }
    return event
  }
}

extension TestServer {
  /// A stream of the queue's events as `name`.
  func stream(
    _ name: String, _ query: String = "", queue: String = "front-desk", lastID: String? = nil
  ) async throws -> TestStream {
    try await stream(token: try await token(name), query, queue: queue, lastID: lastID)
  }

  /// The same with a token.
  func stream(
    token: String, _ query: String = "", queue: String = "front-desk", lastID: String? = nil
  ) async throws -> TestStream {
    try await TestStream(
      port: http,
      TestRequest(
        "GET", "/v1/queues/\(queue)/events\(query)", token: token,
        headers: lastID.map { [("last-event-id", $0)] } ?? []))
  }
}
