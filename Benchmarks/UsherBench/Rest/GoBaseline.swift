import Foundation

/// The program in Go that does the same, built from `Benchmarks/Baselines/rest`.
enum GoBaseline {
  /// Builds it in `folder` with Debian's Go and lib/pq.
  static func build(in folder: URL) async throws -> URL {
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Baselines/rest/main.go").standardizedFileURL
    guard FileManager.default.fileExists(atPath: source.path()) else {
      throw BenchError("\(source.path()) is missing: run the benchmark where it was built")
    }
    let program = folder.appending(path: "rest-baseline")
    do {
      _ = try await Tool.run(
        "go", ["build", "-o", program.path(), source.path()],
        environment: ["GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": folder.path() + "/go-cache"],
        in: folder)
    } catch let error as BenchError {
      throw BenchError("the Go baseline needs golang-go and golang-github-lib-pq-dev: \(error)")
    }
    return program
  }
}
