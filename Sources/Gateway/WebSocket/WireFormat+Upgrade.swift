import NIOHTTP1

extension WireFormat {
  /// The format that a client asks for when it opens a WebSocket, and the subprotocol to answer, if it offered one that there
  /// is: of several the first. Without one, the query `cf_protocol=protobuf` asks for Protobuf, and nothing for JSON.
  static func asked(by head: HTTPRequestHead) -> (format: WireFormat, subprotocol: String?) {
    for offered in head.headers[canonicalForm: "sec-websocket-protocol"] {
      for format in allCases where format.subprotocol == String(offered) { return (format, String(offered)) }
    }
    let query = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
    let asksForProtobuf = query?.split(separator: "&").contains("cf_protocol=protobuf") ?? false
    return (asksForProtobuf ? .protobuf : .json, nil)
  }

  /// Nil for what does not go over WebSockets.
  private var subprotocol: String? {
    switch self {
    case .json: "centrifuge-json"
    case .protobuf: "centrifuge-protobuf"
    case .eventStream: nil
    }
  }
}
