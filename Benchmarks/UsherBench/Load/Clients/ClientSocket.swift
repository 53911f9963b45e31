import Glibc
import Reactor

/// A connection of a client. Stays on its reactor's thread; whoever made it closes it.
final class ClientSocket {
  /// What may wait to be sent; a server that takes no more has stalled.
  private static let unsentLimit = 1_024 * 1_024
  private static let readBytes = 65_536

  private var descriptor: CInt
  private var watch: Watch?
  private var unsent: [UInt8] = []
  private var isConnected = false
  private let received: ([UInt8]) -> Void
  private let ended: () -> Void

  /// Begins to connect. `received` is told what comes, `ended`, once, that nothing will come any more.
  init(
    _ address: ServerAddress, on reactor: Reactor, received: @escaping ([UInt8]) -> Void, ended: @escaping () -> Void
  ) throws(LoadError) {
    self.received = received
    self.ended = ended
    let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw LoadError("no_socket") }
    var on: CInt = 1
    setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    guard address.connect(descriptor) == 0 else {
      Glibc.close(descriptor)
      throw LoadError("connection_refused")
    }
    do {
      watch = try reactor.watch(descriptor, for: [.readable, .writable]) { [unowned self] ready in self.act(ready) }
    } catch {
      Glibc.close(descriptor)
      throw LoadError("no_socket")
    }
  }

  /// Sends as soon as it can.
  func send(_ bytes: [UInt8]) {
    guard descriptor >= 0 else { return }
    unsent += bytes
    guard unsent.count <= Self.unsentLimit else { return end() }
    if isConnected { flush() }
  }

  /// Ends it, without a word to `ended`.
  func close() {
    guard descriptor >= 0 else { return }
    watch?.cancel()
    Glibc.close(descriptor)
    descriptor = -1
  }

  private func end() {
    guard descriptor >= 0 else { return }
    close()
    ended()
  }

  private func act(_ ready: Readiness) {
    if ready.contains(.writable) {
      isConnected = true
      flush()
    }
    if descriptor >= 0, ready.contains(.readable) || ready.contains(.hangup) { read() }
  }

  private func flush() {
    let sent = unsent.isEmpty ? 0 : Glibc.send(descriptor, unsent, unsent.count, CInt(MSG_NOSIGNAL))
    if sent < 0, errno != EAGAIN, errno != EINTR { return end() }
    if sent > 0 { unsent.removeSubrange(..<sent) }
    watch?.update(unsent.isEmpty ? .readable : [.readable, .writable])
  }

  private func read() {
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.readBytes) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, buffer.count, 0))
    }
    if bytes.isEmpty {
      // Nothing more, or an error; a call too early would have been no readiness.
      return end()
    }
    received(bytes)
  }
}
