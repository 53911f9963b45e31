import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// Whoever comes by a display's link. No I/O, no clock.
@Suite struct BoardPrincipalTests {
  private static let now: Int64 = 1_800_000_000
  private static let desk = QueueName("front-desk")!

  private let link = BoardLink(
    id: "018f0000-0000-7000-8000-000000000001", queue: desk, label: nil, creator: .init(id: "u", name: "ann"),
    createdAt: Timestamp(milliseconds: 0), lastUsedAt: nil)

  @Test func itIsAViewerOfOneQueueAndNoUser() throws {
    let board = Principal.board(link)
    #expect(!board.isUser && board.name == "board" && board.skills.isEmpty && board.capacity == nil)
    #expect(!UserRules.isID(board.id), "no user's id has this form")
    #expect(Principal(id: try UserRules.newID(), name: "board", level: .viewer).isUser)
    #expect(AccessPolicy.allows(.observe, by: board, in: Self.desk))
    #expect(!AccessPolicy.allows(.observe, by: board, in: QueueName("roadside")!))
    for action: AccessPolicy.Action in [.submit, .readPersonalData, .handle, .move, .control, .remove, .readHistory] {
      #expect(!AccessPolicy.allows(action, by: board, in: Self.desk))
    }
    #expect(ViewLevel(board.level) == .board)
  }

  @Test func itsTokenSaysSo() throws {
    let claims = TokenClaims(issuer: "usher", audience: "main", lifetime: 600)
    let bytes = claims.write(.board(link), session: link.id, jti: "j", now: Self.now)
    let object = try #require(try JSONScanner.parse(bytes).object)
    let token = try claims.accept(object, now: Self.now)
    #expect(token.principal == .board(link) && token.session == link.id)
  }

  @Test func itIsJudgedByItsLink() {
    let rights = RightsRegistry(tokenLifetime: 600_000)
    let token = AccessToken(
      principal: .board(link), issuedAt: Self.now, expiresAt: Self.now + 600, session: link.id)
    #expect(rights.verdict(on: token) == .unknown)
    rights.looked(now: Self.now * 1_000)
    #expect(rights.verdict(on: token) == .current, "though no user has its id")
    let end = EndedSession(id: link.id, endedAt: Timestamp(milliseconds: Self.now * 1_000))
    #expect(rights.note(ended: [end], now: Self.now * 1_000) == [link.id])
    #expect(rights.verdict(on: token) == .ended)
  }

  @Test func labels() {
    for good in ["x", "Ground floor, left", "Öffnung 7 \u{1F4FA}", String(repeating: "x", count: 80)] {
      #expect(BoardLink.isLabel(good))
    }
    for bad in ["", String(repeating: "x", count: 81), "a\nb", "\u{0}", "\u{7F}"] { #expect(!BoardLink.isLabel(bad)) }
  }
}
