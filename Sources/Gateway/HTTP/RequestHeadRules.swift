import NIOHTTP1

/// What RFC 9112 asks of a request's head beyond its grammar, which NIO's parser has checked. Pure.
///
/// A head that breaks a rule is answered with 400 and ends the connection: what follows it could be another request to us than to
/// a proxy before us.
enum RequestHeadRules {
  /// True for a head that may be served.
  static func allow(_ head: HTTPRequestHead) -> Bool {
    let hosts = head.headers["host"]
    // Section 3.2: exactly one Host, which HTTP/1.0 may leave out.
    guard hosts.count == 1 || hosts.isEmpty && isOld(head), hosts.allSatisfy(isHost) else { return false }
    let codings = head.headers["transfer-encoding"]
    // Section 6.1: no coding but chunked is known here, and HTTP/1.0 has none.
    return codings.isEmpty || !isOld(head) && codings.count == 1 && codings[0].lowercased() == "chunked"
  }

  /// The head as it is served: HTTP/1.0 waits for the connection's end, unless it says otherwise in a way that no proxy keeps.
  static func normalised(_ head: HTTPRequestHead) -> HTTPRequestHead {
    guard isOld(head) else { return head }
    var head = head
    head.headers.replaceOrAdd(name: "connection", value: "close")
    return head
  }

  private static func isOld(_ head: HTTPRequestHead) -> Bool { head.version.major < 1 || head.version == .http1_0 }

  /// `HOST[:PORT]` by its characters (RFC 3986, section 3.2.2), not empty.
  private static func isHost(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-._~!$&'()*+,;=%:[]".utf8.contains(byte)
        }
      }
  }
}
