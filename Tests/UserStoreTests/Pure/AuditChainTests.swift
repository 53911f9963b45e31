import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

@Suite struct AuditChainTests {
  private static let base = AuditChain.Link(id: 0, hash: [])

  /// A good chain of so many entries.
  private static func entries(_ count: Int, after base: AuditChain.Link = base) throws -> [RecordedEntry] {
    var hash = base.hash
    return try (1...count).map { number in
      func entry(_ hash: [UInt8]) -> RecordedEntry {
        RecordedEntry(
          id: base.id + Int64(number), at: Timestamp(milliseconds: 1), action: "user.create", actorID: "id-\(number)",
          actorName: "name", object: number % 2 == 0 ? nil : "täst;", detail: #"{"a":"b"}"#, address: nil,
          requestID: "", hash: hash, microseconds: 1_000 + Int64(number))
      }
      hash = try SHA256.digest(hash + AuditChain.text(of: entry([])))
      return entry(hash)
    }
  }

  private static func walk(
    _ entries: [RecordedEntry], to last: AuditChain.Link? = nil, expecting: AuditChain.Link? = nil,
    from base: AuditChain.Link = base
  ) throws -> AuditChain {
    var chain = AuditChain(from: base, expecting: expecting)
    for entry in entries { try chain.add(entry) }
    chain.end(at: last ?? entries.last.map { AuditChain.Link(id: $0.id, hash: $0.hash) } ?? base)
    return chain
  }

  private static func link(_ entry: RecordedEntry) -> AuditChain.Link { .init(id: entry.id, hash: entry.hash) }

  @Test func aGoodChain() throws {
    let entries = try Self.entries(5)
    let chain = try Self.walk(entries)
    #expect(chain.broken == nil && chain.entries == 5 && chain.link == Self.link(entries[4]))
    #expect(try Self.walk([]).broken == nil)
    // Retention has removed the first two.
    let rest = try Self.walk(Array(entries[2...]), from: Self.link(entries[1]))
    #expect(rest.broken == nil && rest.entries == 3)
  }

  @Test func theTextOfAnEntryTellsItsFieldsApart() throws {
    let entry = try Self.entries(1)[0]
    let text = String(decoding: AuditChain.text(of: entry), as: UTF8.self)
    #expect(text == #"1:1;4:1001;11:user.create;4:id-1;6:täst;;9:{"a":"b"};-;0:;"#)
  }

  @Test func everyChangeShows() throws {
    let entries = try Self.entries(5)
    func broken(_ change: (inout [RecordedEntry]) -> Void) throws -> AuditChain.Break? {
      var changed = entries
      change(&changed)
      return try Self.walk(changed, to: Self.link(entries[4])).broken
    }
    #expect(try broken { $0[2] = $0[2].with(action: "user.change") } == .init(id: 3, reason: .changed))
    #expect(try broken { $0[2] = $0[2].with(object: .some(nil)) } == .init(id: 3, reason: .changed))
    #expect(try broken { $0[2] = $0[2].with(hash: $0[3].hash) } == .init(id: 3, reason: .changed))
    #expect(try broken { $0.remove(at: 2) } == .init(id: 3, reason: .missing))
    #expect(try broken { $0.removeFirst() } == .init(id: 1, reason: .missing))
    #expect(try broken { $0.removeLast() } == .init(id: 5, reason: .missing))
    #expect(try broken { $0.insert($0[1], at: 2) } == .init(id: 2, reason: .foreign))
    #expect(try broken { $0.append(try! Self.entries(6)[5]) } == .init(id: 6, reason: .foreign))
    // The name may be erased.
    #expect(try broken { $0[2] = $0[2].with(name: .some(nil)) } == nil)
  }

  @Test func aChainThatWasWrittenAnewShowsAgainstANotedPlace() throws {
    let noted = Self.link(try Self.entries(3)[2])
    #expect(try Self.walk(try Self.entries(5), expecting: noted).broken == nil)
    #expect(try Self.walk(try Self.entries(3), expecting: noted).broken == nil)
    #expect(try Self.walk(try Self.entries(2), expecting: noted).broken == .init(id: 3, reason: .missing))
    let other = AuditChain.Link(id: 3, hash: [UInt8](repeating: 1, count: 32))
    #expect(try Self.walk(try Self.entries(5), expecting: other).broken == .init(id: 3, reason: .unexpected))
    let entries = try Self.entries(5)
    let rest = try Self.walk(Array(entries[4...]), expecting: noted, from: Self.link(entries[3]))
    #expect(rest.broken == .init(id: 3, reason: .expired))
    let exact = try Self.walk(Array(entries[3...]), expecting: other, from: Self.link(entries[2]))
    #expect(exact.broken == .init(id: 3, reason: .unexpected))
  }

  @Test func retentionWhileItIsWalked() throws {
    let entries = try Self.entries(9)
    var chain = AuditChain(from: Self.base)
    for entry in entries[..<3] { try chain.add(entry) }
    chain.begin(behind: Self.link(entries[1]))
    #expect(chain.link.id == 3)
    chain.begin(behind: Self.link(entries[5]))
    for entry in entries[6...] { try chain.add(entry) }
    chain.end(at: Self.link(entries[8]))
    #expect(chain.broken == nil && chain.entries == 6)
  }

  @Test func linksAsText() throws {
    let link = AuditChain.Link(id: 17, hash: (0..<32).map { $0 * 8 + 7 })
    #expect(AuditChain.Link(text: link.text) == link)
    let hash = String(repeating: "ab", count: 32)
    #expect(AuditChain.Link(text: "1:\(hash.uppercased())") != nil)
    for bad in [
      "", "1", "1:", ":\(hash)", "0:\(hash)", "-1:\(hash)", "1:\(hash)00", "1:+\(hash.dropFirst())", "1:\(hash):",
    ] {
      #expect(AuditChain.Link(text: bad) == nil, "\(bad)")
    }
  }

  @Test func actions() {
    #expect(AuditAction("user.create") == .exactly("user.create"))
    #expect(AuditAction("user.*") == .beginning("user."))
    #expect(AuditAction("history.export.*") == .beginning("history.export."))
    for bad in [
      "", "*", ".*", "user*", "User.create", "user.%", "user.", ".user", "user.create'",
      String(repeating: "a", count: 65),
    ] {
      #expect(AuditAction(bad) == nil, "\(bad)")
    }
  }

  @Test func everyShapeOfAPageHasItsOwnName() {
    var texts: [String: String] = [:]
    for bits in 0..<96 {
      var query = AuditQuery(limit: 10)
      query.action = [nil, .exactly("a"), .beginning("a.")][bits / 32]
      if bits & 1 != 0 { query.actor = "a" }
      if bits & 2 != 0 { query.object = "a" }
      if bits & 4 != 0 { query.from = Timestamp(milliseconds: 1) }
      if bits & 8 != 0 { query.to = Timestamp(milliseconds: 1) }
      if bits & 16 != 0 { query.before = 1 }
      let statement = AuditPageSQL.page(query).statement
      #expect(texts.updateValue(statement.text, forKey: statement.name ?? "") == nil)
    }
    #expect(texts.count == 96 && Set(texts.values).count == 96)
  }
}

extension RecordedEntry {
  fileprivate func with(
    action: String? = nil, object: String?? = .none, name: String?? = .none, hash: [UInt8]? = nil
  ) -> RecordedEntry {
    RecordedEntry(
      id: id, at: at, action: action ?? self.action, actorID: actorID, actorName: name ?? actorName,
      object: object ?? self.object, detail: detail, address: address, requestID: requestID, hash: hash ?? self.hash,
      microseconds: microseconds)
  }
}
