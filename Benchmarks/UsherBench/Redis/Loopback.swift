import Glibc

/// The loopback interface.
enum Loopback {
  /// A port that is free now. Another program may take it before the server does, which then ends at its start.
  static func freePort() throws -> Int {
    try withSocket { descriptor in
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      var address = address(port: 0)
      let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
        }
      }
      guard result == 0 else { throw BenchError("no free port on the loopback interface") }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }

  /// Whether somebody accepts connections on `port`.
  static func listens(on port: Int) -> Bool {
    let connected = try? withSocket { descriptor in
      var address = address(port: port)
      return withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
    }
    return connected ?? false
  }

  /// A socket that is connected to `port`, for the caller to close; what is received or sent on it takes ten seconds at most.
  static func connect(to port: Int) throws -> CInt {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError("no socket: raise the limit of open files") }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = address(port: port)
    let isConnected = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      throw BenchError("nobody listens on port \(port)")
    }
    return descriptor
  }

  private static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    return address
  }

  private static func withSocket<Value>(_ body: (CInt) throws -> Value) throws -> Value {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError("no socket: raise the limit of open files") }
    defer { close(descriptor) }
    return try body(descriptor)
  }
}
