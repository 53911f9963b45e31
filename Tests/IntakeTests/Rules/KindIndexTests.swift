import Testing

@testable import Intake

@Suite("Index of rules by kind")
struct KindIndexTests {
  @Test func asksInOrderWhatCanHold() throws {
    let set = try rules(
      #"{"name":"0","then":{"stop":true}}"#,
      #"{"name":"1","when":{"kind":"a"},"then":{"stop":true}}"#,
      #"{"name":"2","when":{"queue":"q","kind":{"in":["a","b"],"prefix":"a"}},"then":{"stop":true}}"#,
      #"{"name":"3","when":{"any":[{"kind":"a"}]},"then":{"stop":true}}"#,
      #"{"name":"4","when":{"all":[{"queue":"q"},{"all":[{"kind":"b"}]}]},"then":{"stop":true}}"#,
      #"{"name":"5","when":{"not":{"kind":"a"}},"then":{"stop":true}}"#,
      #"{"name":"6","when":{"kind":{"prefix":"a"}},"then":{"stop":true}}"#)
    let index = KindIndex(set.rules)
    #expect(Array(index.places(of: "a")) == [0, 1, 2, 3, 5, 6])
    #expect(Array(index.places(of: "b")) == [0, 2, 3, 4, 5, 6])
    #expect(Array(index.places(of: "c")) == [0, 3, 5, 6])
    #expect(Array(KindIndex([]).places(of: "a")).isEmpty)
  }
}
