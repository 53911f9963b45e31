import Foundation

/// How much is measured.
struct RestPlan: Sendable {
  let runs: Int
  let connections: Int
  let users: Int
  let warmUp: Int
  let seconds: Int
}

/// `GET /v1/users/{id}` by an administrator's token, of the Gateway and of a program in Go, by turns on one PostgreSQL.
struct RestBenchmark: Sendable {
  struct Results: Sendable, Encodable {
    let usher: [WrkRun]
    let go: [WrkRun]
  }

  let plan: RestPlan
  let folder: URL

  /// Measures. Throws when an answer is not the user that was asked for.
  func run(on postgres: PrivatePostgres) async throws -> Results {
    let site = try await RestSite.make(plan.users, in: postgres, folder: folder)
    let program = try await GoProgram.build("rest", needs: "golang-github-lib-pq-dev", in: folder)
    let (usher, go) = (
      ServerProcess.Kind.rest(url: site.url, keyset: site.keyset),
      ServerProcess.Kind.baseline(program: program, url: site.url, keyset: site.keyset)
    )
    let token = try await token(usher)
    var results: [ServerProcess.Kind: [WrkRun]] = [:]
    for number in 0..<plan.runs {
      // What disturbs the machine for a while disturbs both.
      for kind in number.isMultiple(of: 2) ? [usher, go] : [go, usher] {
        results[kind, default: []].append(try await measure(kind, site, token))
      }
    }
    return Results(usher: results[usher] ?? [], go: results[go] ?? [])
  }

  /// The administrator's, as the server gives it; it is good for both.
  private func token(_ kind: ServerProcess.Kind) async throws -> String {
    try await Interrupt.thread { interrupt in
      try ServerProcess.with(kind, interrupt) { server in
        try TokenDesk.awaitReady(server)
        return try TokenDesk.tokens(1, of: server)[0]
      }
    }
  }

  private func measure(_ kind: ServerProcess.Kind, _ site: RestSite, _ token: String) async throws -> WrkRun {
    let (plan, folder) = (plan, folder)
    return try await Interrupt.thread { interrupt in
      try ServerProcess.with(kind, interrupt) { server in
        if case .rest = kind { try TokenDesk.awaitReady(server) }
        for (number, id) in site.users.enumerated() {
          try RestAnswer.check(server, token: token, id: id, number: number)
        }
        _ = try WrkRun.measure(
          server, users: site.users, token: token, seconds: plan.warmUp, connections: plan.connections, in: folder,
          interrupt)
        return try WrkRun.measure(
          server, users: site.users, token: token, seconds: plan.seconds, connections: plan.connections, in: folder,
          interrupt)
      }
    }
  }
}

extension RestBenchmark.Results {
  private static func median(_ runs: [WrkRun]) -> WrkRun {
    runs.sorted { $0.perSecond < $1.perSecond }[(runs.count - 1) / 2]
  }

  private static func p99(_ runs: [WrkRun]) -> Double { Double(runs.map(\.p99).sorted()[(runs.count - 1) / 2]) }

  var targets: [Target] {
    [
      Target(
        "GET /v1/users/{id}, rate by Go's", Self.median(usher).perSecond / Self.median(go).perSecond, .atLeast(1.2)),
      Target("GET /v1/users/{id}, p99 by Go's", Self.p99(usher) / Self.p99(go), .atMost(1)),
    ]
  }

  var table: Table {
    var table = Table(
      "GET /v1/users/{id}, token checked, fields opened",
      ["server", "requests/s", "lowest..highest run", "CPU us each", "p50 us", "p99 us"])
    for (name, runs) in [("usher", usher), ("Go net/http + lib/pq", go)] {
      let (median, rates) = (Self.median(runs), runs.map(\.perSecond))
      table.add([
        name, median.perSecond.readable, ((rates.min() ?? 0)...(rates.max() ?? 0)).readable,
        median.cpuMicroseconds.readable, median.p50.readable, median.p99.readable,
      ])
    }
    return table
  }

  var checks: [String] {
    [
      "both gave each user as stored, its personal fields opened, and refused a token that was changed",
      "\((usher + go).map(\.requests).reduce(0, +).readable) answers under load: each was 200",
    ]
  }
}
