import Foundation
import Testing

@testable import ServiceQueue

@Suite struct DigestTests {
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (String(repeating: "a", count: 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"),
  ])
  func sha1(_ text: String, _ hex: String) {
    #expect(SHA1.hash(Array(text.utf8)).map { String(format: "%02x", $0) }.joined() == hex)
  }

  @Test func theSumForgetsTheOrderAndWhatWasTakenOut() throws {
    let services = try (0..<50).map { try sampleService($0, order: Int64($0) * 8) }
    var digest = QueueDigest(of: services.shuffled())
    #expect(digest == QueueDigest(of: services))
    digest.remove(services[7])
    #expect(digest == QueueDigest(of: services.filter { $0.id != services[7].id }))
    for service in services where service.id != services[7].id { digest.remove(service) }
    #expect(digest.description == "000000000000")
  }

  @Test func endedServicesDoNotCount() throws {
    #expect(QueueDigest(of: [try sampleService(1, state: .completed)]) == QueueDigest())
  }

  /// Written out once by hand with sha1sum, so that other clients can check themselves against it.
  @Test func aKnownValue() throws {
    let service = try sampleService(10)
    #expect(QueueDigest(of: [service]).description == knownDigest)
  }
}

/// `printf '0190c0de-0000-7000-8000-00000000000a|1000|waiting|1' | sha1sum | cut -c1-12`
private let knownDigest = "27cc39845a94"
