import Foundation
import Testing

/// The committed stubs are those of the .proto files: each holds the digest of the file that it was made from.
@Suite struct GeneratedFilesTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources/BrokerRPC/Protobuf")

  @Test(arguments: ["usher/broker/v1/broker.proto", "grpc/health/v1/health.proto"])
  func theStubsAreOfThisProto(_ proto: String) throws {
    let digest = try Self.digest(of: Self.folder.appendingPathComponent(proto))
    let name = try #require(proto.split(separator: "/").last?.split(separator: ".").first)
    for kind in ["pb", "grpc"] {
      let made = try String(
        contentsOf: Self.folder.appendingPathComponent("Generated/\(name).\(kind).swift"), encoding: .utf8)
      #expect(
        made.contains("// Made from \(proto) with the SHA-256 \(digest)\n"),
        "\(proto) was changed; run Sources/BrokerRPC/Protobuf/generate")
    }
  }

  private static func digest(of file: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [file.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return String(text.prefix { $0 != " " })
  }
}
