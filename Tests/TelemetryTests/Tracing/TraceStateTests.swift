import Testing

@testable import Telemetry

/// `tracestate` by the tables of W3C Trace Context.
@Suite struct TraceStateTests {
  private static func repeated(_ character: Character, _ count: Int) -> String {
    String(repeating: character, count: count)
  }

  @Test(arguments: [
    "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "congo=t61rcWkgMzE", "vendorname1=opaqueValue1,vendorname2=opaqueValue2",
    "fw529a3039@dt=FfC/;~!", "foo=1", "a_-*/0=x y", "0tenant@system=1", "\(repeated("z", 256))=1",
    "\(repeated("t", 241))@\(repeated("v", 14))=1", "k=\(repeated("v", 256))",
    (1...32).map { "bar\($0)=\($0)" }.joined(separator: ","),
  ])
  func whatIsWellFormedIsHandedOn(_ text: String) throws {
    #expect(try #require(TraceState(text)).text == text)
  }

  @Test(arguments: [
    ("foo=1 \t , \t bar=2, \t baz=3", "foo=1,bar=2,baz=3"), ("foo=1,,bar=2,", "foo=1,bar=2"), (" , \tfoo=1", "foo=1"),
    ("foo=1 ", "foo=1"), ("foo=1,bar=2,foo=3", "foo=1,bar=2"),
  ])
  func emptyAndRepeatedMembersAreLeftOut(_ text: String, _ left: String) throws {
    #expect(try #require(TraceState(text)).text == left)
  }

  @Test(arguments: [
    "", " ", ",", "foo", "=1", "foo =1", "FOO=1", "foo.bar=1", "0foo=1", "_foo=1", "foo@=1,bar=2", "@foo=1,bar=2",
    "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2", "foo@0bar=1", "_t@v=1", "foo=bar=baz", "foo=,bar=3", "foo=\u{e9}",
    "foo=a\u{7f}", "foo=a\tb", "foo=a\nb", "\(repeated("z", 257))=1", "\(repeated("t", 242))@v=1",
    "t@\(repeated("v", 15))=1", "k=\(repeated("v", 257))",
    (1...33).map { "bar\($0)=\($0)" }.joined(separator: ","), "foo=1,\(repeated(" ", 9_000))",
  ])
  func whatIsMalformedIsAbsent(_ text: String) {
    #expect(TraceState(text) == nil)
  }

  @Test func whatIsTooLongTogetherIsCut() throws {
    let long = "long=\(Self.repeated("v", 200))"
    let short = (1...20).map { "k\($0)=\(Self.repeated("v", 20))" }
    // The long member goes first, wherever it stands; then those at the end, which are the oldest.
    let state = try #require(TraceState(([long] + short).joined(separator: ",")))
    #expect(state.members.map(String.init) == Array(short.prefix(state.members.count)))
    #expect((500...512).contains(state.text.utf8.count) || state.members.count == short.count)
    let longer = (1...30).map { "key\($0)=\(Self.repeated("v", 20))" }
    let cut = try #require(TraceState(longer.joined(separator: ",")))
    #expect(cut.members.map(String.init) == Array(longer.prefix(cut.members.count)))
    #expect((480...512).contains(cut.text.utf8.count))
    // Even one that is long alone.
    #expect(TraceState("z@v=\(Self.repeated("v", 256)),y@v=\(Self.repeated("w", 256))")?.text.hasPrefix("z@v=") == true)
  }
}
