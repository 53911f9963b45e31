import CFanout

/// Many WebSocket clients of one server, on one epoll. Used by one thread, which its calls block; each throws when a client
/// sees a gap, is cut off, or when time is up.
final class Loader {
  /// A pointer that another thread may use to stop the clients, and for nothing else.
  // What is done with it sets an atomic; `Interrupt.guarding` sees to it that the loader still lives then.
  private struct Stopper: @unchecked Sendable {
    let pointer: OpaquePointer

    func stop() { cfanout_loader_stop(pointer) }
  }

  /// Clients between connecting and being live at one time: half of what a server's backlog holds.
  private static let connecting: UInt32 = 128

  private let pointer: OpaquePointer
  let clients: Int

  /// Makes so many clients of a Gateway with a token each, or, without tokens, of the floor; gives them to `body`, and closes
  /// their sockets whatever happens.
  static func with<Value>(
    _ clients: Int, of server: ServerProcess, tokens: [String]?, _ interrupt: Interrupt,
    _ body: (Loader) throws -> Value
  ) throws -> Value {
    let pointer = withCStrings(BenchEvent.channel, server.kind.stamp) { channel, stamp in
      var options = cfanout_options(
        port: UInt16(server.port), clients: UInt32(clients), connecting: connecting, bare: tokens == nil ? 1 : 0,
        version: BenchEvent.firstVersion, channel: channel, stamp: stamp)
      return cfanout_loader_create(&options)
    }
    guard let pointer else { throw BenchError("no memory for \(clients) clients") }
    defer { cfanout_loader_destroy(pointer) }
    for (number, token) in (tokens ?? []).prefix(clients).enumerated() {
      guard cfanout_loader_set_token(pointer, UInt32(number), token) == 0 else {
        throw BenchError("no memory for tokens")
      }
    }
    let stopper = Stopper(pointer: pointer)
    return try interrupt.guarding({ stopper.stop() }) {
      try body(Loader(pointer, clients))
    }
  }

  private static func withCStrings<Value>(
    _ a: String, _ b: String, _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Value
  ) -> Value {
    a.withCString { a in b.withCString { b in body(a, b) } }
  }

  private init(_ pointer: OpaquePointer, _ clients: Int) {
    self.pointer = pointer
    self.clients = clients
  }

  private func check(_ result: CInt) throws {
    guard result == 0 else { throw BenchError(String(cString: cfanout_loader_error(pointer))) }
  }

  /// Connects and subscribes the first `count`, or all; who was there before recovers. Connected ones stay.
  func connect(_ count: Int? = nil, within seconds: Double) throws {
    try check(cfanout_loader_connect(pointer, UInt32(count ?? clients), milliseconds(seconds)))
  }

  /// Receives for so long.
  func run(_ seconds: Double) throws { try check(cfanout_loader_run(pointer, milliseconds(seconds))) }

  /// Receives until everyone is at `version`.
  func await(_ version: UInt64, within seconds: Double) throws {
    try check(cfanout_loader_await(pointer, version, milliseconds(seconds)))
  }

  /// Receives for so long, while `server` is to have sent up to `window` events more than the slowest client has; returns the
  /// last version that was ordered.
  func flood(_ server: ServerProcess, window: Int, after ordered: UInt64, seconds: Double) throws -> UInt64 {
    var ordered = ordered
    try check(cfanout_loader_flood(pointer, server.orders, UInt32(window), &ordered, milliseconds(seconds)))
    return ordered
  }

  /// Closes all sockets.
  func cut() { cfanout_loader_cut(pointer) }

  /// Counts from now on.
  func reset() { cfanout_loader_reset(pointer) }

  var counts: cfanout_counts { cfanout_loader_counts(pointer) }
  var state: cfanout_state { cfanout_loader_state(pointer) }
  /// An event as it came; empty if none did.
  var sample: String { String(cString: cfanout_loader_sample(pointer)) }
  /// How old events were when they came.
  var latencies: LatencyCurve {
    LatencyCurve(
      counts: Array(UnsafeBufferPointer(start: cfanout_loader_latencies(pointer), count: Int(CFANOUT_BUCKETS))))
  }
  /// How long each client took to be live again, in seconds.
  var took: [Double] { (0..<clients).map { Double(cfanout_loader_took(pointer, UInt32($0))) / 1e6 } }

  private func milliseconds(_ seconds: Double) -> UInt32 { UInt32(seconds * 1_000) }
}
