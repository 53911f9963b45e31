import Foundation

/// The programs in Go that do the same as what is measured, in `Benchmarks/Baselines`.
enum GoProgram {
  /// Builds `name` in `folder` with Debian's Go and the packages that it `needs`.
  static func build(_ name: String, needs packages: String, in folder: URL) async throws -> URL {
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Baselines/\(name)/main.go").standardizedFileURL
    guard FileManager.default.fileExists(atPath: source.path()) else {
      throw BenchError("\(source.path()) is missing: run the benchmark where it was built")
    }
    let program = folder.appending(path: "\(name)-baseline")
    do {
      _ = try await Tool.run(
        "go", ["build", "-o", program.path(), source.path()],
        environment: ["GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": folder.path() + "/go-cache"],
        in: folder)
    } catch let error as BenchError {
      throw BenchError("the program in Go needs golang-go, \(packages): \(error)")
    }
    return program
  }
}
