import Reactor
import ServiceQueue

/// One connection that asks for one thing after another; it is made again when it was closed.
actor RestClient {
  private struct Question {
    let bytes: [UInt8]
    let asker: CheckedContinuation<Result<HTTPAnswer, LoadError>, Never>
  }

  /// Questions that may wait for the connection.
  private static let waitingLimit = 1_024
  private static let patience = Duration.seconds(15)

  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private let address: ServerAddress
  private var token: String?
  private var socket: ClientSocket?
  private var answers = HTTPAnswers()
  /// The first is under way.
  private var questions: [Question] = []
  private var timer: ReactorTimer?
  private var isOver = false

  init(_ address: ServerAddress, token: String? = nil, on reactor: Reactor) {
    self.address = address
    self.token = token
    self.reactor = reactor
  }

  /// From now on with this access token.
  func use(_ token: String) { self.token = token }

  /// Ends the connection; who waits for an answer gets none.
  func close() {
    isOver = true
    timer?.cancel()
    socket?.close()
    socket = nil
    let left = questions
    questions = []
    for question in left { question.asker.resume(returning: .failure(LoadError("connection_lost"))) }
  }

  /// The answer, whatever its status.
  func ask(_ method: String, _ path: String, _ body: [UInt8]? = nil) async throws(LoadError) -> HTTPAnswer {
    guard !isOver else { throw LoadError("connection_lost") }
    guard questions.count < Self.waitingLimit else { throw LoadError("client_overrun") }
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(address.text)\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
    let bytes = Array((head + "\r\n").utf8) + (body ?? [])
    let result = await withCheckedContinuation { (asker: CheckedContinuation<Result<HTTPAnswer, LoadError>, Never>) in
      questions.append(Question(bytes: bytes, asker: asker))
      if questions.count == 1 { begin() }
    }
    return try result.get()
  }

  /// The JSON of an answer that is a success; otherwise the code of the problem.
  func json(_ method: String, _ path: String, _ body: [UInt8]? = nil) async throws(LoadError) -> JSONValue {
    let answer = try await ask(method, path, body)
    let value = try? JSONScanner.parse(answer.body, limits: .init(bytes: 16 * 1_024 * 1_024))
    guard (200..<300).contains(answer.status) else {
      throw LoadError(value?["code"]?.string ?? "http_\(answer.status)")
    }
    guard let value else { throw LoadError("bad_answer") }
    return value
  }

  private func begin() {
    guard let question = questions.first else { return }
    timer = reactor.schedule(after: Self.patience) { self.lose("timeout") }
    do {
      if socket == nil {
        answers = HTTPAnswers()
        socket = try ClientSocket(
          address, on: reactor, received: { self.receive($0) }, ended: { self.lose("connection_lost") })
      }
      socket?.send(question.bytes)
    } catch {
      finish(.failure(error))
    }
  }

  private func receive(_ bytes: [UInt8]) {
    answers.append(bytes)
    do {
      while let answer = try answers.next() {
        // The server says good-bye to a connection that was silent.
        guard !questions.isEmpty else { return lose("connection_lost") }
        finish(.success(answer))
      }
    } catch {
      lose(error.code)
    }
  }

  private func lose(_ code: String) {
    socket?.close()
    socket = nil
    finish(.failure(LoadError(code)))
  }

  private func finish(_ result: Result<HTTPAnswer, LoadError>) {
    timer?.cancel()
    timer = nil
    guard !questions.isEmpty else { return }
    questions.removeFirst().asker.resume(returning: result)
    if !questions.isEmpty { begin() }
  }
}
