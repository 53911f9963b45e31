import Glibc
import Reactor
import Synchronization

@testable import Intake

/// A TCP relay in front of RabbitMQ whose connections a test can cut or freeze.
actor Proxy {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  private let target: AMQPURL
  private var listener: CInt = -1
  private var pairs: [CInt: CInt] = [:]
  private var watches: [CInt: Watch] = [:]
  private(set) var accepted = 0

  init(reactor: Reactor, target: AMQPURL) {
    self.reactor = reactor
    self.target = target
  }

  /// Listens on a free port of loopback; the URL to use instead.
  func open() throws -> AMQPURL {
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: 0)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, listen(listener, 16) == 0 else { throw TestFailure("no port for the proxy") }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    watches[listener] = try reactor.watch(listener, for: .readable) { _ in self.accept() }
    let port = UInt16(bigEndian: address.sin_port)
    return try AMQPURL("amqp://\(target.user):\(target.password)@127.0.0.1:\(port)")
  }

  /// Ends every connection as if the server had died.
  func cut() {
    for end in pairs.keys { close(end) }
  }

  /// Relays nothing any more, but keeps the connections.
  func freeze() {
    for end in pairs.keys { watches.removeValue(forKey: end)?.cancel() }
  }

  func shutDown() {
    for end in pairs.keys { close(end) }
    if listener >= 0 { close(listener) }
  }

  private func close(_ end: CInt) {
    watches.removeValue(forKey: end)?.cancel()
    Glibc.close(end)
    guard let other = pairs.removeValue(forKey: end) else { return }
    pairs[other] = nil
    watches.removeValue(forKey: other)?.cancel()
    Glibc.close(other)
  }

  private func accept() {
    let near = Glibc.accept(listener, nil, nil)
    guard near >= 0 else { return }
    accepted += 1
    let far = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: UInt16(target.port))
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    pairs[near] = far
    pairs[far] = near
    guard connected == 0 else { return close(near) }
    for (from, to) in [(near, far), (far, near)] {
      watches[from] = try? reactor.watch(from, for: .readable) { _ in self.relay(from, to) }
    }
  }

  private func relay(_ from: CInt, _ to: CInt) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(from, &buffer, buffer.count)
    guard count > 0 else { return close(from) }
    var sent = 0
    while sent < count {
      let written = buffer.withUnsafeBytes { send(to, $0.baseAddress! + sent, count - sent, CInt(MSG_NOSIGNAL)) }
      guard written > 0 else { return close(from) }
      sent += written
    }
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}

/// A relay to the test's RabbitMQ, shut down behind the body.
func withProxy(_ body: (Proxy, AMQPURL) async throws -> Void) async throws {
  let reactor = try Reactor(name: "proxy")
  let proxy = Proxy(reactor: reactor, target: try testURL())
  let result: Result<Void, any Error>
  do {
    result = .success(try await body(proxy, try await proxy.open()))
  } catch {
    result = .failure(error)
  }
  await proxy.shutDown()
  await reactor.shutdown()
  try result.get()
}
