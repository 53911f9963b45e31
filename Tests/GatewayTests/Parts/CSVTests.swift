import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue
import Testing
import UserStore

@testable import Gateway

struct CSVTests {
  func line(_ fields: [String?]) -> String {
    var csv = CSVWriter(capacity: 0)
    for field in fields { csv.field(field) }
    csv.endLine()
    return String(decoding: csv.bytes, as: UTF8.self)
  }

  @Test(arguments: [
    (["a", "b"], "a,b"), (["", nil, "c"], ",,c"), (["a,b", "c\"d", "e\r\nf"], "\"a,b\",\"c\"\"d\",\"e\r\nf\""),
    (["Müller 北"], "Müller 北"), ([" =1"], " =1"), (["a=1", "a-b", "a@b"], "a=1,a-b,a@b"),
  ])
  func quotesWhereNeeded(_ fields: [String?], _ expected: String) {
    #expect(line(fields) == expected + "\r\n")
  }

  @Test(arguments: ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\tx", "\r=x"])
  func formulasAreTexts(_ text: String) {
    #expect(line([text]) == "\"'\(text)\"\r\n")
  }

  @Test func numbersAreNoFormulas() {
    var csv = CSVWriter(capacity: 0)
    csv.field(number: -5)
    csv.field(number: Int?.none)
    csv.field(number: 0.25)
    csv.endLine()
    #expect(String(decoding: csv.bytes, as: UTF8.self) == "-5,,0.25\r\n")
  }

  @Test(arguments: [
    ("text/csv", true), ("text/csv; q=0.5", true), ("Text/CSV;charset=utf-8", true), ("text/csv;q=0", false),
    ("*/*", false), ("text/*", false), ("application/json, text/csv;q=0.9", false),
    ("application/json;q=0.5, text/csv;q=0.9", true), ("text/csv;q=x", true), ("", false),
  ])
  func acceptedType(_ accept: String, _ expected: Bool) {
    let head = HTTPRequest(
      method: .get, scheme: nil, authority: nil, path: "/", headerFields: [.accept: accept])
    #expect(Request(head: head, body: .init(buffer: ByteBuffer())).prefersCSV == expected)
  }
}
