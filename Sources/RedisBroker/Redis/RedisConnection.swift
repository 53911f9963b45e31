import CHiredis
import Reactor

/// One connection to Redis, over hiredis' asynchronous API on a reactor; from `open` to the call of `onClose`, then of no more
/// use. Stays on the reactor's thread. The C context never leaves it.
///
/// What is sent during a tick goes out in one write at the tick's end; the kernel is asked for writability only when
/// it did not take everything.
final class RedisConnection {
  /// Called once, when the connection stands and commands may be sent.
  var onConnect: (() -> Void)?
  /// Called once, last, with the reason: what has no answer by then gets none.
  var onClose: ((String) -> Void)?
  /// Called for the commands sent, in order; nil when there will be no answer.
  var onReply: ((PendingCommand, RedisReply?) -> Void)?

  private let reactor: Reactor
  private var context: UnsafeMutablePointer<redisAsyncContext>?
  private var watch: Watch?
  private let gatherer = ReplyGatherer()
  /// The command that is being sent, which hiredis copies; kept for its room.
  private var encoded: [UInt8] = []
  private var isConnected = false
  private var isWriting = false
  private var flushIsDue = false
  private var closeReason: String?

  /// Bytes of room for a command that are kept for the next.
  private static let keptRoom = 65_536

  init(reactor: Reactor) {
    self.reactor = reactor
  }

  /// Begins to connect. A failure, even an immediate one, is told by `onClose` alone.
  func open(_ address: RedisAddress) {
    let made =
      switch address {
      case .tcp(let ip, let port): redisAsyncConnect(ip, CInt(port))
      case .unix(let path): redisAsyncConnectUnix(path)
      }
    guard let context = made else { return failToOpen("no memory for a connection") }
    guard context.pointee.err == 0 else {
      let reason = Self.reason(context)
      redisAsyncFree(context)
      return failToOpen(reason)
    }
    do {
      watch = try reactor.watch(context.pointee.c.fd, for: []) { [self] in handle($0) }
    } catch {
      redisAsyncFree(context)
      return failToOpen(error.description)
    }
    // hiredis gives back a read buffer that has grown beyond this, and at 16 KiB would do so after nearly every read.
    context.pointee.c.reader.pointee.maxbuf = 1 << 20
    gatherer.install(on: context.pointee.c.reader)
    self.context = context
    // Given back by the cleanup hook, which hiredis calls exactly once: until then the hooks have something to refer to.
    context.pointee.data = Unmanaged.passRetained(self).toOpaque()
    context.pointee.ev.data = context.pointee.data
    Self.install(on: context)
  }

  /// Sends a command; its answer comes by `onReply`. False, and no answer, when the connection is ending.
  func send(_ pending: PendingCommand) -> Bool {
    guard let context, closeReason == nil else { return false }
    let owned = Unmanaged.passRetained(pending)
    pending.command.encode(into: &encoded)
    let result = encoded.withUnsafeBytes { bytes in
      redisAsyncFormattedCommand(
        context, { RedisConnection.answer($0, $1, $2) }, owned.toOpaque(),
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    if encoded.count > Self.keptRoom { encoded = [] }
    if result != REDIS_OK { owned.release() }
    return result == REDIS_OK
  }

  /// Ends the connection; `onClose` follows, at once or when the present callback returns. Not from `onConnect`: hiredis
  /// 0.14 would use what was freed.
  func close(_ reason: String) {
    guard let context, closeReason == nil else { return }
    closeReason = reason
    redisAsyncFree(context)
  }

  private func failToOpen(_ reason: String) {
    onClose.take()?(reason)
    onConnect = nil
    onReply = nil
  }
}

// What hiredis and the reactor call.
extension RedisConnection {
  fileprivate func handle(_ ready: Readiness) {
    if ready.contains(.readable), let context { redisAsyncHandleRead(context) }
    if ready.contains(.writable) { write() }
    if ready == .hangup { close("the connection hung up") }
  }

  private func write() {
    guard let context else { return }
    isWriting = true
    redisAsyncHandleWrite(context)
    isWriting = false
  }

  fileprivate func wantsWrite() {
    if !isConnected || isWriting {
      interest(inserting: .writable)
    } else if !flushIsDue, watch?.interest.contains(.writable) == false {
      flushIsDue = true
      reactor.atEndOfTick { [self] in
        flushIsDue = false
        write()
      }
    }
  }

  fileprivate func interest(inserting readiness: Readiness) {
    guard let watch else { return }
    watch.update(watch.interest.union(readiness))
  }

  fileprivate func interest(removing readiness: Readiness) {
    guard let watch else { return }
    watch.update(watch.interest.subtracting(readiness))
  }

  fileprivate func connected(_ succeeded: Bool) {
    guard succeeded else { return }
    isConnected = true
    onConnect.take()?()
  }

  fileprivate func replied(_ pending: PendingCommand, _ reply: UnsafeMutableRawPointer?) {
    onReply?(pending, reply == nil ? nil : gatherer.take())
  }

  /// hiredis frees the context next; nothing may touch it any more. Version 0.14 has called back for every command before,
  /// 1.x does it after this: those calls find nobody.
  fileprivate func cleanedUp() {
    watch?.cancel()
    watch = nil
    let reason = closeReason ?? context.map(Self.reason) ?? "closed"
    context?.pointee.data = nil
    context?.pointee.ev.data = nil
    context = nil
    let onClose = onClose.take()
    onConnect = nil
    onReply = nil
    onClose?(reason)
  }

  private static func reason(_ context: UnsafeMutablePointer<redisAsyncContext>) -> String {
    guard context.pointee.err != 0, let text = context.pointee.errstr else { return "the connection ended" }
    return String(cString: text)
  }
}

// The C side. Its closures run on the reactor's thread, inside of `handle`, `write`, `send`, `close` or `open`.
extension RedisConnection {
  private static func of(_ pointer: UnsafeMutableRawPointer?) -> RedisConnection? {
    pointer.map { Unmanaged<RedisConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func answer(
    _ context: UnsafeMutablePointer<redisAsyncContext>?, _ reply: UnsafeMutableRawPointer?,
    _ data: UnsafeMutableRawPointer?
  ) {
    guard let data else { return }
    // Balances the retain of `send`: hiredis calls back exactly once for each command it took.
    let pending = Unmanaged<PendingCommand>.fromOpaque(data).takeRetainedValue()
    of(context?.pointee.data)?.replied(pending, reply)
  }

  private static func install(on context: UnsafeMutablePointer<redisAsyncContext>) {
    context.pointee.ev.addRead = { RedisConnection.of($0)?.interest(inserting: .readable) }
    context.pointee.ev.delRead = { RedisConnection.of($0)?.interest(removing: .readable) }
    context.pointee.ev.addWrite = { RedisConnection.of($0)?.wantsWrite() }
    context.pointee.ev.delWrite = { RedisConnection.of($0)?.interest(removing: .writable) }
    context.pointee.ev.cleanup = { data in
      guard let data else { return }
      // Balances the retain of `open`.
      Unmanaged<RedisConnection>.fromOpaque(data).takeRetainedValue().cleanedUp()
    }
    redisAsyncSetConnectCallback(context) { context, status in
      RedisConnection.of(context?.pointee.data)?.connected(status == REDIS_OK)
    }
  }
}
