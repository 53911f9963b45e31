import CConsole
import HTTPTypes

/// What is built into the program of `Sources/Gateway/Console`, by its path below that: the table of `CConsole`, which
/// `ops/console-files` writes.
enum ConsoleFiles {
  /// Each file's path below `/console/`, and what it holds.
  static let table: [(path: String, contents: [UInt8])] = (0..<console_file_count()).map { index in
    let file = console_file_at(index)
    return (String(cString: file.path), Array(UnsafeBufferPointer(start: file.bytes, count: file.count)))
  }

  static let all = Dictionary(
    uniqueKeysWithValues: table.compactMap { path, contents in
      Kind(path).map { (path, StaticFile(contents, type: $0.type, headers: PageHeaders.of($0))) }
    })

  /// What a file is, by the end of its name.
  enum Kind: String, CaseIterable, Sendable {
    case script = "js"
    case style = "css"
    case page = "html"
    case picture = "svg"

    init?(_ path: String) { self.init(rawValue: String(path.split(separator: ".").last ?? "")) }

    /// Its Content-Type.
    var type: String {
      switch self {
      case .script: "text/javascript; charset=utf-8"
      case .style: "text/css; charset=utf-8"
      case .page: "text/html; charset=utf-8"
      case .picture: "image/svg+xml"
      }
    }
  }
}
