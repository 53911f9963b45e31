/// Why a request of the load has no answer, or not the one that was wished for.
struct LoadError: Error, Hashable, CustomStringConvertible {
  /// The server's own word, or one of the client's: `timeout`, `connection_lost`, `client_overrun`, `bad_answer`.
  let code: String

  init(_ code: String) { self.code = code }

  var description: String { code }
}
