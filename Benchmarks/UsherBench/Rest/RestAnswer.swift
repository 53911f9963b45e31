import Foundation

/// What both servers must answer.
enum RestAnswer {
  /// Asks for one user, and once with a token that is not the one that was given.
  static func check(_ server: ServerProcess, token: String, id: String, number: Int) throws {
    let answer = try get(server, id, token)
    guard answer.status == 200, let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any],
      object["id"] as? String == id, object["username"] as? String == "bench-\(number)",
      object["email"] as? String == "bench-\(number)@example.org",
      object["display_name"] as? String == "Employee Number \(number)",
      object["level"] as? String == (number == 0 ? "admin" : "agent"), object["capacity"] as? Int == 3
    else { throw BenchError("the server answers \(answer.status), or another user, for bench-\(number)") }
    guard number == 0 else { return }
    // Within the signature, so that nothing but its check can tell.
    let place = token.index(token.endIndex, offsetBy: -20)
    let changed = token.replacingCharacters(in: place...place, with: token[place] == "A" ? "B" : "A")
    guard try get(server, id, changed).status == 401 else { throw BenchError("the server takes a forged token") }
  }

  private static func get(_ server: ServerProcess, _ id: String, _ token: String) throws -> (status: Int, body: Data) {
    let connection = try PlainHTTP(port: server.port)
    let answer = try connection.ask("GET", "/v1/users/\(id)", nil, headers: ["Authorization": "Bearer \(token)"])
    return (answer.status, Data(answer.body))
  }
}
