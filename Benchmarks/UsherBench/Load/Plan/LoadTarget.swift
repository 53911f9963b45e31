import Foundation
import Glibc
import Intake

/// The running server, and who we are there.
struct LoadTarget: Sendable {
  struct Account: Sendable {
    let name: String
    let password: String
  }

  let http: ServerAddress
  let amqp: AMQPURL
  let accounts: [LoadRole: Account]
  /// The server's process, if it runs here.
  let process: pid_t?

  /// The environment variable of a password.
  static func variable(_ role: LoadRole) -> String { "USHER_DEMO_\(role.rawValue.uppercased())_PASSWORD" }

  /// From what was asked for, then the environment, then what `ops/run` wrote into its state folder. Blocks while names are resolved.
  static func find(
    address: String?, users: [LoadRole: String], process: pid_t?, state: String?, allowsRemote: Bool
  ) throws -> LoadTarget {
    let own = ProcessInfo.processInfo.environment
    let folder = URL(filePath: state ?? own["USHER_STATE_DIR"] ?? ".usher", directoryHint: .isDirectory)
    let written = (try? String(contentsOf: folder.appending(path: "env"), encoding: .utf8)).map(ShellVariables.read)
    let variables = (written ?? [:]).merging(own) { $1 }
    func variable(_ name: String) throws -> String {
      if let value = variables[name] { return value }
      throw BenchError("\(name) is set neither in the environment nor in \(folder.path())env")
    }
    let http = try ServerAddress(try address ?? variable("USHER_HTTP_LISTEN"))
    let amqp = try AMQPURL(try variable("USHER_AMQP_URL"))
    let broker = try ServerAddress("\(amqp.host.contains(":") ? "[\(amqp.host)]" : amqp.host):\(amqp.port)")
    for place in [http, broker] where !place.isLoopback && !allowsRemote {
      throw BenchError("\(place.text) is another machine: load belongs on one that is there for it; --allow-remote")
    }
    var accounts: [LoadRole: Account] = [:]
    for role in LoadRole.allCases {
      guard let password = variables[Self.variable(role)] else { continue }
      accounts[role] = Account(name: users[role] ?? role.rawValue, password: password)
    }
    let file = try? String(contentsOf: folder.appending(path: "pid/usher"), encoding: .utf8)
    let running = address == nil ? file.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) } : nil
    return LoadTarget(http: http, amqp: amqp, accounts: accounts, process: process ?? running)
  }
}
