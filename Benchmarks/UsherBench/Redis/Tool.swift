import Foundation

/// A program that is run to its end.
enum Tool {
  /// Runs `name` with `input`, and gives back what it wrote to its standard output. Throws when it cannot be started or fails. Its
  /// input and output are files in `folder`. Cancelling ends it.
  static func run(
    _ name: String, _ arguments: [String], input: String = "", environment: [String: String] = [:], in folder: URL
  ) async throws -> String {
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let (inputFile, outputFile) = (folder.appending(path: "in-" + unique), folder.appending(path: "out-" + unique))
    try Data(input.utf8).write(to: inputFile)
    try Data().write(to: outputFile)
    defer { for file in [inputFile, outputFile] { try? FileManager.default.removeItem(at: file) } }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    // A child inherits the signals that the thread starting it has blocked, and `openssl speed` ends by one.
    process.arguments = ["--default-signal", name] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = process.standardOutput
    try await ended(process)
    let output = String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw BenchError(
        "\(name) ended with \(process.terminationStatus): is it installed (redis-tools, openssl)? It says: "
          + output.prefix(300))
    }
    return output
  }

  private static func ended(_ process: Process) async throws {
    let pid = PidBox()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do {
          try process.run()
          pid.set(process.processIdentifier)
        } catch {
          process.terminationHandler = nil
          continuation.resume(throwing: error)
        }
      }
    } onCancel: {
      pid.kill()
    }
    try Task.checkCancellation()
  }
}
