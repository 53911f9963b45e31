import Glibc
import Reactor
import Testing

/// An actor on a reactor, and a way to run any code as its code.
actor Pinned {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  var log: [String] = []
  var count = 0
  var waiting: [CheckedContinuation<Void, Never>] = []
  /// Keeps what must not go away during a test.
  var kept: [AnyObject] = []

  init(_ reactor: Reactor) {
    self.reactor = reactor
  }

  func run<T: Sendable>(_ body: @Sendable (isolated Pinned) throws -> T) rethrows -> T {
    try body(self)
  }

  func note(_ entry: String) {
    log.append(entry)
  }

  func increment() {
    count += 1
  }
}

/// Gives the body a reactor and shuts that down afterwards.
func withReactor(_ name: String = "test", _ body: (Reactor) async throws -> Void) async throws {
  let reactor = try Reactor(name: name)
  do {
    try await body(reactor)
  } catch {
    await reactor.shutdown()
    throw error
  }
  await reactor.shutdown()
}

/// Two connected stream sockets that do not block; the test closes them.
func socketPair() -> (CInt, CInt) {
  var ends: [CInt] = [-1, -1]
  let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
  #expect(socketpair(AF_UNIX, type, 0, &ends) == 0)
  return (ends[0], ends[1])
}

/// A pipe: the end to read and the end to write, neither blocking; the test closes them.
func pipePair() -> (read: CInt, write: CInt) {
  var ends: [CInt] = [-1, -1]
  #expect(pipe(&ends) == 0)
  for end in ends { #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
  return (ends[0], ends[1])
}

func send(_ text: String, to descriptor: CInt) {
  let bytes = Array(text.utf8)
  #expect(write(descriptor, bytes, bytes.count) == bytes.count)
}

/// What can be read at once; `nil`: nothing. Empty: the end.
@discardableResult
func receive(from descriptor: CInt) -> String? {
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = read(descriptor, &bytes, bytes.count)
  return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}

/// The threads of this process that carry the name.
func threads(named name: String) -> Int {
  guard let directory = opendir("/proc/self/task") else { return 0 }
  defer { closedir(directory) }
  var count = 0
  while let entry = readdir(directory) {
    let id = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard let file = fopen("/proc/self/task/\(id)/comm", "r") else { continue }
    defer { fclose(file) }
    var line = [UInt8](repeating: 0, count: 64)
    let length = fread(&line, 1, line.count, file)
    if String(decoding: line[..<length], as: UTF8.self) == name + "\n" { count += 1 }
  }
  return count
}
