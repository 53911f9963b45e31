import Foundation
import Testing

@testable import Gateway

/// Holds what is built in to the folder, and its files to the rules of the pages.
@Suite struct ConsoleFilesTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../Sources/Gateway/Console").standardizedFileURL

  /// What lies there, by its path below the folder.
  private static func onDisk() throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path()) {
      let url = folder.appending(path: path)
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      found[path] = Array(try Data(contentsOf: url))
    }
    found["README.md"] = nil
    found["package.json"] = nil
    return found
  }

  @Test func tableIsWhatLiesThere() throws {
    let files = try Self.onDisk()
    let table = Dictionary(ConsoleFiles.table.map { ($0.path, $0.contents) }) { first, _ in first }
    #expect(table.count == ConsoleFiles.table.count, "a path stands there twice")
    #expect(Set(table.keys) == Set(files.keys), "run ops/console-files")
    for (path, contents) in files { #expect(table[path] == contents, "\(path) is not what was built in") }
    #expect(Set(ConsoleFiles.all.keys) == Set(files.keys))
  }

  @Test func namesAreOneFolderDeep() throws {
    for path in try Self.onDisk().keys {
      #expect(path.wholeMatch(of: /([a-z0-9-]+\/)?[a-z][a-z0-9-]*\.(js|css|html|svg)/) != nil, "\(path)")
    }
  }

  /// What the policy forbids would stay undone in silence.
  @Test func pagesHaveNoInlineCodeOrStyleAndNothingForeign() throws {
    let files = try Self.onDisk()
    for (path, contents) in files where path.hasSuffix(".html") || path.hasSuffix(".svg") {
      let text = String(decoding: contents, as: UTF8.self)
      #expect(text.firstMatch(of: /<script(?![^>]*\ssrc=)/.ignoresCase()) == nil, "\(path): inline script")
      #expect(text.firstMatch(of: /<style|\sstyle\s*=/.ignoresCase()) == nil, "\(path): inline style")
      #expect(text.firstMatch(of: /\son[a-z]+\s*=|javascript:|data:/.ignoresCase()) == nil, "\(path): inline code")
      #expect(text.firstMatch(of: /<base|<meta[^>]+http-equiv/.ignoresCase()) == nil, "\(path)")
      for match in text.matches(of: /(?:src|href|action|poster|srcset)\s*=\s*["']?([^"'\s>]+)/) {
        let target = match.1
        #expect(target.hasPrefix("#") || target.hasPrefix("/console/"), "\(path): \(target)")
        if target.hasPrefix("/console/") {
          #expect(files[String(target.dropFirst("/console/".count))] != nil, "\(path): there is no \(target)")
        }
      }
      guard path.hasSuffix(".html") else { continue }
      #expect(text.firstMatch(of: /^<!doctype html>/.ignoresCase()) != nil, "\(path)")
      #expect(text.contains("<html lang=") && text.contains("<title>"), "\(path)")
    }
    for (path, contents) in files where path.hasSuffix(".css") {
      let text = String(decoding: contents, as: UTF8.self)
      #expect(text.firstMatch(of: /@import|url\(\s*["']?(https?:|\/\/|data:)/) == nil, "\(path)")
    }
  }

  @Test func modulesImportWhatIsThere() throws {
    let files = try Self.onDisk()
    for (path, contents) in files where path.hasSuffix(".js") {
      let text = String(decoding: contents, as: UTF8.self)
      let from = text.matches(of: /(?:^|\n)(?:import|export)\s[^;"]*?from\s+"([^"]+)"/).map { $0.1 }
      let bare = text.matches(of: /(?:^|\n)import\s+"([^"]+)"/).map { $0.1 }
      let dynamic = text.matches(of: /import\("([^"]+)"\)/).map { $0.1 }
      for target in from + bare + dynamic {
        let folder = URL(filePath: "/" + path).deletingLastPathComponent()
        let url = folder.appending(path: String(target)).standardizedFileURL
        #expect(target.hasPrefix("./") || target.hasPrefix("../"), "\(path): \(target)")
        #expect(files[String(url.path().dropFirst())] != nil, "\(path): there is no \(target)")
      }
      let markup = text.firstMatch(of: /\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(/)
      #expect(markup == nil, "\(path)")
    }
  }
}
