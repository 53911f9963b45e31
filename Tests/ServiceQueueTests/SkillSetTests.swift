import ServiceQueue
import Testing

@Suite struct SkillSetTests {
  @Test func theSameSetIsTheSameText() throws {
    let set = try #require(SkillSet(["towing", "german", "towing"], most: 8))
    #expect(set.words == ["german", "towing"] && set.description == "german,towing")
    #expect(SkillSet(signature: "german,towing") == set)
    #expect(SkillSet(signature: "") == SkillSet.none)
    for bad in ["towing,german", "german,", "german,german", "German", "a b"] {
      #expect(SkillSet(signature: bad) == nil, "\(bad)")
    }
  }

  @Test func boundsAreKept() {
    #expect(SkillSet((0..<9).map { "s\($0)" }, most: SkillSet.mostRequired) == nil)
    #expect(SkillSet([""], most: 8) == nil && SkillSet([String(repeating: "a", count: 33)], most: 8) == nil)
    for word in ["Ä", "a,b", "a|b", "a b", "A"] { #expect(!SkillSet.isWord(word), "\(word)") }
  }

  @Test func whoHasMoreCoversLess() throws {
    let all = try #require(SkillSet(["german", "towing", "lift"], most: 64))
    let some = try #require(SkillSet(["lift", "german"], most: 64))
    #expect(all.covers(some) && !some.covers(all) && some.covers(.none) && SkillSet.none.covers(.none))
    #expect(!SkillSet.none.covers(some))
  }
}
