import Testing

@testable import Telemetry

/// `traceparent` by the tables of W3C Trace Context: its own examples, and what its conformance tests hold to be malformed.
@Suite struct TraceParentTests {
  private static let trace = "12345678901234567890123456789012"
  private static let span = "1234567890123456"

  @Test(arguments: [
    ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false),
    ("00-00000000000000000000000000000001-0000000000000001-00", false),
    ("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", true),
  ])
  func theSpecificationsExamplesAreReadAndWritten(_ text: String, _ isSampled: Bool) throws {
    let parent = try #require(TraceParent(text))
    #expect(parent.text == text && parent.isSampled == isSampled)
    #expect(parent.traceID.description == text.split(separator: "-")[1])
  }

  @Test(arguments: [
    "",
    // The version.
    "ff-\(trace)-\(span)-01", ".0-\(trace)-\(span)-01", "0.-\(trace)-\(span)-01", "000-\(trace)-\(span)-01",
    "0000-\(trace)-\(span)-01", "0-\(trace)-\(span)-01", "-\(trace)-\(span)-01",
    // The trace's id.
    "00-00000000000000000000000000000000-\(span)-01", "00-.2345678901234567890123456789012-\(span)-01",
    "00-1234567890123456789012345678901.-\(span)-01", "00-\(trace)3-\(span)-01", "00-\(trace.dropLast())-\(span)-01",
    "00-0AF7651916CD43DD8448EB211C80319C-\(span)-01", "00-+\(trace.dropLast())-\(span)-01",
    // The span's id.
    "00-\(trace)-0000000000000000-01", "00-\(trace)-.234567890123456-01", "00-\(trace)-123456789012345.-01",
    "00-\(trace)-\(span)7-01", "00-\(trace)-\(span.dropLast())-01", "00-\(trace)-B7AD6B7169203331-01",
    // The flags.
    "00-\(trace)-\(span)-.0", "00-\(trace)-\(span)-0.", "00-\(trace)-\(span)-001", "00-\(trace)-\(span)-1",
    "00-\(trace)-\(span)-", "00-\(trace)-\(span)", "00-\(trace)-\(span)-0G",
    // Between and behind.
    "00_\(trace)_\(span)_01", "00-\(trace)-\(span)-01.", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01 ",
    " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-what-the-future-will-be-like",
    "cc-\(trace)-\(span)-01.what-the-future-will-be-like", "cc-\(trace)-\(span)-1", "cc-\(trace)-\(span)",
    // What is long in bytes and short in characters, or the other way round.
    "00-\(trace)-\(span)-\u{660}\u{661}", "00-\(trace)-\(span)-01\u{301}",
    String(repeating: "0", count: 1_000_000),
  ])
  func whatIsMalformedIsAbsent(_ text: String) {
    #expect(TraceParent(text) == nil)
  }

  @Test(arguments: [
    "cc-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01-what-the-future-will-be-like", "01-\(trace)-\(span)-01-",
    "fe-\(trace)-\(span)-ff",
  ])
  func ofLaterVersionsWhatIsKnownIsTaken(_ text: String) throws {
    #expect(try #require(TraceParent(text)).text == "00-\(Self.trace)-\(Self.span)-01")
  }

  @Test func flagsThatAreNotKnownAreNotHandedOn() throws {
    #expect(try #require(TraceParent("00-\(Self.trace)-\(Self.span)-fe")).text.hasSuffix("-00"))
    #expect(try #require(TraceParent("00-\(Self.trace)-\(Self.span)-ff")).text.hasSuffix("-01"))
  }

  @Test func everyContextThatIsWrittenIsReadAgain() throws {
    for _ in 0..<1_000 {
      let parent = TraceParent(
        traceID: TraceID(high: .random(in: 0...9), low: .random(in: 1...UInt64.max)),
        spanID: .random(in: 1...UInt64.max), isSampled: .random())
      #expect(parent.text.utf8.count == TraceParent.length && TraceParent(parent.text) == parent)
    }
  }
}
