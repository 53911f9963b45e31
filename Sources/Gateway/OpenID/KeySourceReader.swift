import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads a JWK set from where the operator says it is: at most `ProviderKeySet.maximumLength` bytes, within seconds.
enum KeySourceReader {
  struct Unreadable: Error {}

  private static let patience = TimeAmount.seconds(5)
  private static let deadline = Duration.seconds(10)

  static func read(_ source: OpenIDConfiguration.KeySource) async throws -> [UInt8] {
    switch source {
    case .file(let path): try await NIOThreadPool.singleton.runIfActive { try contents(path) }
    case .url(let url):
      // The client bounds the silence between bytes; the sum of all is bounded here.
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        group.addTask { try await fetch(url) }
        group.addTask {
          try await Task.sleep(for: deadline)
          throw Unreadable()
        }
        defer { group.cancelAll() }
        guard let bytes = try await group.next() else { throw Unreadable() }
        return bytes
      }
    }
  }

  /// A client of its own for a request every ten minutes: no idle connection, and nothing to shut down. Redirects are not
  /// followed: they could lead away from https.
  private static func fetch(_ url: String) async throws -> [UInt8] {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.timeout = .init(connect: patience, read: patience)
    return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
      var request = HTTPClientRequest(url: url)
      request.headers.add(name: "accept", value: "application/json")
      let response = try await client.execute(request, timeout: patience)
      guard response.status == .ok else { throw Unreadable() }
      return Array(buffer: try await response.body.collect(upTo: ProviderKeySet.maximumLength))
    }
  }

  private static func contents(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Unreadable() }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: ProviderKeySet.maximumLength + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + filled, $0.count - filled) }
      guard count >= 0 else { throw Unreadable() }
      if count == 0 { break }
      filled += count
    }
    guard filled <= ProviderKeySet.maximumLength else { throw Unreadable() }
    return Array(bytes[..<filled])
  }
}
