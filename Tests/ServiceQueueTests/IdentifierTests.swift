import Testing

@testable import ServiceQueue

@Suite struct IdentifierTests {
  @Test(arguments: ["front-desk", "a", "7", "a_b-c", String(repeating: "x", count: 64)])
  func queueNames(_ name: String) { #expect(QueueName(name)?.rawValue == name) }

  @Test(arguments: ["", "-a", "A", "a b", "a.b", "a:b", "\u{e9}", String(repeating: "x", count: 65)])
  func notQueueNames(_ name: String) { #expect(QueueName(name) == nil) }

  @Test func serviceIDsAreCanonical() {
    #expect(ServiceID("0190C0DE-0000-7000-8000-00000000000A")?.rawValue == "0190c0de-0000-7000-8000-00000000000a")
    #expect(ServiceID("0190c0de000070008000000000000000") == nil)
    #expect(ServiceID("0190c0de-0000-7000-8000-00000000000g") == nil)
  }

  @Test func uuidsAscendWithinAMillisecondAndWhenTheClockGoesBack() {
    var generator = UUIDv7Generator()
    var random = SystemRandomNumberGenerator()
    var last = generator.next(now: Timestamp(milliseconds: 1_700_000_000_000), using: &random)
    #expect(last.rawValue.hasPrefix("018bcfe5-6800-7"))
    for step in 0..<20_000 {
      let now = Timestamp(milliseconds: 1_700_000_000_000 - Int64(step % 3))
      let next = generator.next(now: now, using: &random)
      #expect(last < next)
      #expect(ServiceID(next.rawValue) == next)
      #expect("89ab".contains(next.rawValue[next.rawValue.index(next.rawValue.startIndex, offsetBy: 19)]))
      last = next
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1_732_467_900_123, "2024-11-24T17:05:00.123Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
  ])
  func timestamps(_ milliseconds: Int64, _ text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
  }

  @Test func priorities() {
    #expect(Priority(10) == nil && Priority(-1) == nil)
    #expect(Priority.normal.boost == 0)
    #expect(Priority(name: "urgent")?.boost == 3_000_000)
    #expect(Priority(name: "URGENT") == nil)
  }

  @Test func outboxIDsCompareAsNumbers() throws {
    let early = try #require(OutboxID("9-10"))
    let late = try #require(OutboxID("10-2"))
    #expect(early < late)
    #expect(OutboxID("10") == nil && OutboxID("a-1") == nil && OutboxID("1-2-3") == nil)
  }

  @Test func cursorsComeBackAsTheyWere() throws {
    let id = try #require(ServiceID("0190c0de-0000-7000-8000-00000000000a"))
    let cursor = ListCursor(order: try #require(OrderKey(7_000_000_000_000_000)), id: id)
    #expect(ListCursor(text: cursor.text) == cursor)
    #expect(ListCursor(text: "x") == nil && ListCursor(text: "1.") == nil && ListCursor(text: "-1.\(id)") == nil)
  }
}
