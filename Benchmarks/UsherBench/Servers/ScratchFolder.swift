import Foundation

/// A folder that is ours alone, gone afterwards.
enum ScratchFolder {
  /// Makes one in `parent`, gives it to `body`, and removes it whatever happens.
  static func with<Value>(in parent: URL, _ body: (URL) async throws -> Value) async throws -> Value {
    let folder = parent.appending(path: "usher-bench-" + String(UInt64.random(in: 0...UInt64.max), radix: 36))
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
  }
}
