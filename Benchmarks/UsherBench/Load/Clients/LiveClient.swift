import Reactor
import ServiceQueue

/// A WebSocket client of the Centrifuge protocol: commands by RPC, and what a screen shows of one queue. A connection that is lost is
/// made again, and the screen recovers from where it was.
actor LiveClient {
  /// What a screen is told; called on the client's thread.
  protocol Screen: Sendable {
    /// The next event, which fits.
    func show(_ event: JSONValue)
    /// The copy was begun anew.
    func begin(_ snapshot: JSONValue, isFirst: Bool)
    func met(_ fault: ScreenCopy.Fault)
    func reconnects()
  }

  private enum Phase {
    case closed
    case upgrading
    case opening
    case live
  }

  /// Calls under way at one time.
  private static let callsLimit = 256
  private static let patience = Duration.seconds(15)
  private static let backoff = Backoff(base: .milliseconds(100), limit: .seconds(2))
  /// The ids of the two commands that open a connection; calls have higher ones.
  private static let (connectID, subscribeID): (Int64, Int64) = (1, 2)

  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private let address: ServerAddress
  private let screen: (queue: QueueName, view: any Screen)?
  private var token: String
  private var phase = Phase.closed
  private var isOver = false
  private var socket: ClientSocket?
  private var head = HTTPAnswers()
  private var frames = ClientFrames()
  private var copy = ScreenCopy()
  /// The copy is not the server's: it is not worth recovering.
  private var startsAgain = false
  private var hasBegun = false
  private var attempts = 0
  private var nextID: Int64 = 3
  private var calls: [Int64: (asker: CheckedContinuation<Result<JSONValue, LoadError>, Never>, timer: ReactorTimer)] =
    [:]
  private var opened: [CheckedContinuation<Void, Never>] = []

  init(
    _ address: ServerAddress, token: String, screen: (queue: QueueName, view: any Screen)? = nil, on reactor: Reactor
  ) {
    self.address = address
    self.token = token
    self.screen = screen
    self.reactor = reactor
  }

  /// The version that the screen is at.
  var version: Int64 { copy.version }

  /// Connects, and waits until it is live; a server that does not answer is tried again and again, until `close`.
  func open() async {
    connect()
    guard phase != .live, !isOver else { return }
    await withCheckedContinuation { opened.append($0) }
  }

  /// Ends it for good.
  func close() {
    isOver = true
    socket?.send(ClientFrames.close)
    dropSocket("connection_lost")
    for waiter in opened { waiter.resume() }
    opened = []
  }

  /// Tells the server the next access token, and uses it when it connects again.
  func use(_ token: String) {
    self.token = token
    guard phase == .live else { return }
    send(#"{"id":\#(takeID()),"refresh":{"token":"\#(token)"}}"#)
  }

  /// Carries a command out.
  func call(_ method: String, _ data: [UInt8]) async throws(LoadError) -> JSONValue {
    guard phase == .live else { throw LoadError("connection_lost") }
    guard calls.count < Self.callsLimit else { throw LoadError("client_overrun") }
    let id = takeID()
    let result = await withCheckedContinuation { (asker: CheckedContinuation<Result<JSONValue, LoadError>, Never>) in
      let timer = reactor.schedule(after: Self.patience) { self.answer(id, .failure(LoadError("timeout"))) }
      calls[id] = (asker, timer)
      send(#"{"id":\#(id),"rpc":{"method":"\#(method)","data":\#(String(decoding: data, as: UTF8.self))}}"#)
    }
    return try result.get()
  }

  private func takeID() -> Int64 {
    nextID += 1
    return nextID
  }

  private func send(_ command: String) { socket?.send(ClientFrames.text(Array(command.utf8))) }
}

// MARK: - The connection

extension LiveClient {
  private func connect() {
    guard phase == .closed, !isOver else { return }
    (head, frames, phase) = (HTTPAnswers(), ClientFrames(), .upgrading)
    do {
      socket = try ClientSocket(
        address, on: reactor, received: { self.receive($0) }, ended: { self.lost() })
    } catch {
      return lost()
    }
    socket?.send(
      Array(
        """
        GET /connection/websocket HTTP/1.1\r
        Host: \(address.text)\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dXNoZXItYmVuY2gtbG9hZA==\r
        \r\n
        """.utf8))
  }

  private func dropSocket(_ code: String) {
    socket?.close()
    socket = nil
    phase = .closed
    for id in calls.keys { answer(id, .failure(LoadError(code))) }
  }

  private func lost() {
    dropSocket("connection_lost")
    guard !isOver else { return }
    if hasBegun { screen?.view.reconnects() }
    let wait = Self.backoff.delay(attempt: attempts, chance: Double.random(in: 0..<1))
    attempts += 1
    reactor.schedule(after: wait) { self.connect() }
  }

  private func receive(_ bytes: [UInt8]) {
    do {
      if phase == .upgrading {
        head.append(bytes)
        guard let answer = try head.next() else { return }
        guard answer.status == 101 else { return lost() }
        frames.append(head.takeRest())
        phase = .opening
        greet()
      } else {
        frames.append(bytes)
      }
      while phase != .closed, let message = try frames.next() { take(message) }
    } catch {
      lost()
    }
  }

  private func greet() {
    var lines = [#"{"id":\#(Self.connectID),"connect":{"token":"\#(token)","name":"usher-bench"}}"#]
    if let screen {
      let position =
        hasBegun && !startsAgain ? #","recover":true,"epoch":"\#(copy.epoch)","offset":\#(copy.version)"# : ""
      lines.append(
        #"{"id":\#(Self.subscribeID),"subscribe":{"channel":"queue:\#(screen.queue)","data":{"limit":5000},"#
          + #""positioned":true,"recoverable":true\#(position)}}"#)
    }
    send(lines.joined(separator: "\n"))
  }

  private func take(_ message: ClientFrames.Message) {
    switch message {
    case .ping(let payload): socket?.send(ClientFrames.pong(payload))
    case .close: lost()
    case .text(let bytes):
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        guard phase != .closed else { return }
        guard let reply = try? JSONScanner.parse(line, limits: .init(bytes: line.count)) else { return lost() }
        take(reply)
      }
    }
  }
}

// MARK: - What the server says

extension LiveClient {
  private func take(_ reply: JSONValue) {
    if let push = reply["push"] {
      if let publication = push["pub"] { show([publication]) }
      if push["disconnect"] != nil || push["unsubscribe"] != nil { lost() }
      return
    }
    guard let id = reply["id"]?.int else { return send("{}") }
    let error = reply["error"].map { Self.error($0) }
    switch id {
    case Self.connectID:
      if error != nil { return lost() }
      if screen == nil { becomeLive() }
    case Self.subscribeID:
      guard let result = reply["subscribe"], error == nil else {
        startsAgain = true
        return lost()
      }
      subscribed(result)
    default: answer(id, error.map { Result.failure($0) } ?? .success(reply["rpc"]?["data"] ?? .null))
    }
  }

  private func becomeLive() {
    (phase, attempts) = (.live, 0)
    for waiter in opened { waiter.resume() }
    opened = []
  }

  private func subscribed(_ result: JSONValue) {
    becomeLive()
    if result["recovered"]?.bool == true { return show(result["publications"]?.array ?? []) }
    guard let snapshot = result["data"] else { return mismatch(.notUnderstood) }
    do {
      try copy.reset(snapshot)
      screen?.view.begin(snapshot, isFirst: !hasBegun)
      (hasBegun, startsAgain) = (true, false)
    } catch {
      mismatch(error)
    }
  }

  private func show(_ publications: [JSONValue]) {
    for publication in publications {
      guard let event = publication["data"], let offset = publication["offset"]?.int else {
        return mismatch(.notUnderstood)
      }
      do {
        try copy.apply(event, offset: offset)
      } catch {
        return mismatch(error)
      }
      screen?.view.show(event)
    }
  }

  private func mismatch(_ fault: ScreenCopy.Fault) {
    screen?.view.met(fault)
    (hasBegun, startsAgain) = (true, true)
    lost()
  }

  private func answer(_ id: Int64, _ result: Result<JSONValue, LoadError>) {
    guard let call = calls.removeValue(forKey: id) else { return }
    call.timer.cancel()
    call.asker.resume(returning: result)
  }

  /// The message begins with the code's word.
  private static func error(_ error: JSONValue) -> LoadError {
    let word = error["message"]?.string?.prefix { $0.isLetter || $0 == "_" } ?? ""
    return LoadError(word.isEmpty ? "rpc_\(error["code"]?.int ?? 0)" : String(word))
  }
}
