import Foundation
import Glibc

/// One run of `wrk`: as many requests as 64 connections and one thread can make.
struct WrkRun: Sendable, Encodable {
  let requests: Int
  let seconds: Double
  /// Microseconds.
  let p50: Int
  let p99: Int
  /// Answers that were not 200, and connections or reads that failed.
  let errors: Int
  /// Of the server, user and system.
  let cpuSeconds: Double

  var perSecond: Double { Double(requests) / seconds }
  var cpuMicroseconds: Double { cpuSeconds / Double(max(1, requests)) * 1e6 }

  private enum CodingKeys: String, CodingKey { case requests, seconds, p50, p99, errors, cpuSeconds }

  /// Asks the server for one user after another; blocks its thread.
  static func measure(
    _ server: ServerProcess, users: [String], token: String, seconds: Int, connections: Int, in folder: URL,
    _ interrupt: Interrupt
  ) throws -> WrkRun {
    let (script, file) = (folder.appending(path: "wrk.lua"), folder.appending(path: "wrk.out"))
    try Data(lua(users, token).utf8).write(to: script)
    try Data().write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "wrk", "-t1", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s", script.path(),
      "http://127.0.0.1:\(server.port)",
    ]
    process.standardOutput = try FileHandle(forWritingTo: file)
    process.standardError = process.standardOutput
    let before = try server.usage.cpuSeconds()
    try process.run()
    let id = process.processIdentifier
    try interrupt.guarding({ kill(id, SIGKILL) }) { process.waitUntilExit() }
    let cpu = try server.usage.cpuSeconds() - before
    let output = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("measured ") }) else {
      throw BenchError("wrk says nothing that is understood: is it installed (apt install wrk)?")
    }
    let numbers = line.split(separator: " ").dropFirst().compactMap { Int($0) }
    guard numbers.count == 5, numbers[0] > 0, numbers[1] > 0 else { throw BenchError("wrk measured nothing") }
    return WrkRun(
      requests: numbers[0], seconds: Double(numbers[1]) / 1e6, p50: numbers[2], p99: numbers[3], errors: numbers[4],
      cpuSeconds: cpu)
  }

  private static func lua(_ users: [String], _ token: String) -> String {
    """
    local requests, last = {}, 0
    function init(args)
      local headers = {["Authorization"] = "Bearer \(token)"}
      for id in string.gmatch("\(users.joined(separator: " "))", "%S+") do
        requests[#requests + 1] = wrk.format("GET", "/v1/users/" .. id, headers)
      end
    end
    function request()
      last = last % #requests + 1
      return requests[last]
    end
    function done(summary, latency, _)
      local errors = summary.errors
      io.write(string.format("measured %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
    end
    """
  }
}
