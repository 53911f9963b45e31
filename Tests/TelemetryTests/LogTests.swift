import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct LogTests {
  private func line(_ message: String, _ metadata: [(String, String)] = []) -> LogLine {
    LogLine(time: "T", level: .info, label: "l", message: message, metadata: metadata.map { (key: $0.0, value: $0.1) })
  }

  @Test func jsonLinesAreJSONWhateverIsInThem() throws {
    let bytes = line("a \"b\"\n\u{1}", [("k", "\\"), ("e", "h\u{e9}")]).bytes(.json)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String])
    #expect(
      object == ["time": "T", "level": "info", "logger": "l", "message": "a \"b\"\n\u{1}", "k": "\\", "e": "h\u{e9}"])
    #expect(bytes.filter { $0 == 10 }.count == 1)
  }

  @Test func textLinesStayOneLine() {
    #expect(String(decoding: line("a\nb", [("k", "v\r")]).bytes(.text), as: UTF8.self) == "T INFO [l] a b k=v \n")
  }

  @Test func longValuesAreCut() {
    #expect(line(String(repeating: "x", count: 100_000)).bytes(.json).count < LogLine.limit + 200)
  }

  @Test func theHandlerWritesMergedMetadata() throws {
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    var logger = Logger(label: "t") { LineLogHandler(label: $0, format: .text, level: .info, output: ends[1]) }
    logger[metadataKey: "queue"] = "front-desk"
    logger.debug("not written")
    logger.warning("written", metadata: ["id": "7"])
    close(ends[1])
    let text = String(
      decoding: FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readDataToEndOfFile(), as: UTF8.self)
    #expect(text.hasSuffix("WARNING [t] written id=7 queue=front-desk\n"))
    #expect(text.filter { $0 == "\n" }.count == 1)
  }
}
