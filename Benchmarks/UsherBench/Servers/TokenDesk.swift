import Foundation
import Glibc

/// Signs users in at a Gateway, one after another on one connection, as they do it themselves: by `POST /v1/auth/token`.
enum TokenDesk {
  /// Waits until the Gateway is ready.
  static func awaitReady(_ server: ServerProcess, within limit: Duration = .seconds(10)) throws {
    let end = ContinuousClock.now + limit
    let connection = try PlainHTTP(port: server.adminPort)
    while try connection.ask("GET", "/health/ready", nil).status != 200 {
      guard ContinuousClock.now < end else { throw BenchError("the Gateway is not ready after \(limit)") }
      usleep(20_000)
    }
  }

  /// Access tokens of the users `bench-0` to `bench-(count - 1)`.
  static func tokens(_ count: Int, of server: ServerProcess) throws -> [String] {
    let connection = try PlainHTTP(port: server.port)
    return try (0..<count).map { number in
      let body = #"{"username":"bench-\#(number)","password":"bench-password"}"#
      let answer = try connection.ask("POST", "/v1/auth/token", body)
      guard answer.status == 200,
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
        let token = object["access_token"] as? String
      else { throw BenchError("the Gateway answers \(answer.status) to the sign-in of bench-\(number)") }
      return token
    }
  }
}
