import Testing

@testable import Gateway

/// The session's cookie, read and written.
@Suite struct SessionCookieTests {
  let cookie = SessionCookie(isSecure: true)

  @Test func isWritten() {
    #expect(
      cookie.setting("aB-_9", seconds: 60)
        == "__Host-usher-session=aB-_9; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict")
    #expect(cookie.clearing == "__Host-usher-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    let plain = SessionCookie(isSecure: false)
    #expect(plain.setting("a", seconds: 60) == "usher-session=a; Path=/; Max-Age=60; HttpOnly; SameSite=Strict")
    #expect(plain.clearing == "usher-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    // 0 would take it away.
    #expect(cookie.setting("a", seconds: -5).contains("Max-Age=1;"))
  }

  @Test(arguments: [
    ["__Host-usher-session=aB-_9"],
    ["a=b; __Host-usher-session=aB-_9; c=d"],
    ["a=b;__Host-usher-session=aB-_9;c"],
    ["a=b", " __Host-usher-session = aB-_9 "],
    ["usher-session=other; __Host-usher-session=aB-_9"],
    [";;; =; __Host-usher-session=aB-_9;"],
  ])
  func isFound(_ fields: [String]) {
    #expect(cookie.found(in: fields) == .token("aB-_9"))
  }

  @Test(arguments: [[], [""], ["a=b"], ["x__Host-usher-session=a"], ["__Host-usher-session2=a"], ["usher-session=a"]])
  func isNotThere(_ fields: [String]) {
    #expect(cookie.found(in: fields) == .none)
  }

  @Test(arguments: [
    ["__Host-usher-session=a; __Host-usher-session=a"],
    ["__Host-usher-session=a", "__Host-usher-session=b"],
    // Browsers compare names as they stand, some do not hold the prefix to its rules in another case.
    ["__host-usher-session=a"],
    ["__Host-usher-session=a; __HOST-usher-session=b"],
    ["__Host-usher-session"],
    ["__Host-usher-session="],
    ["__Host-usher-session=\"a\""],
    ["__Host-usher-session=a b"],
    ["__Host-usher-session=a=b"],
    ["__Host-usher-session=ä"],
    ["__Host-usher-session=" + String(repeating: "a", count: 129)],
    ["a=" + String(repeating: "b", count: 16 * 1_024), "__Host-usher-session=a"],
  ])
  func isRefused(_ fields: [String]) {
    #expect(cookie.found(in: fields) == .unusable)
  }
}
