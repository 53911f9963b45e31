import Reactor
import ServiceQueue

/// Everybody of a run, connected.
struct LoadCrew: Sendable {
  /// Viewers connecting at one time.
  private static let connecting = 32
  private static let patience = 15_000_000

  let viewers: [(client: LiveClient, screen: LoadScreen)]
  let desks: [Desk]
  /// Asks for what touches no queue.
  let bare: RestClient

  /// Connects all of them. Throws when somebody cannot sign in, or no connection is to be had.
  static func assemble(
    _ plan: LoadPlan, _ target: LoadTarget, _ sessions: Sessions, kinds: LoadKinds, record: LoadRecord,
    on reactor: Reactor
  ) async throws -> LoadCrew {
    let (viewer, agent) = (try await sessions.token(.viewer), try await sessions.token(.agent))
    let viewers = (0..<plan.viewers).map { _ -> (client: LiveClient, screen: LoadScreen) in
      let screen = LoadScreen(kinds: kinds, record: record)
      return (LiveClient(target.http, token: viewer, screen: (plan.queue, screen), on: reactor), screen)
    }
    let desks = (0..<plan.employees).map { number in
      let isLive = plan.door == .websocket || plan.door == .both && number % 2 == 1
      return isLive
        ? Desk.live(LiveClient(target.http, token: agent, on: reactor))
        : Desk.rest(RestClient(target.http, token: agent, on: reactor))
    }
    let crew = LoadCrew(viewers: viewers, desks: desks, bare: RestClient(target.http, on: reactor))
    let live = desks.compactMap { desk -> LiveClient? in if case .live(let client) = desk { client } else { nil } }
    do {
      // Whoever waits for a server that does not answer waits no longer when the run is ended.
      try await withTaskCancellationHandler {
        try await connect(viewers.map(\.client) + live)
      } onCancel: {
        Task { await crew.close() }
      }
    } catch {
      await crew.close()
      throw error
    }
    return crew
  }

  private static func connect(_ clients: [LiveClient]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Task.sleep(for: .seconds(30))
        for client in clients { await client.close() }
        throw BenchError(
          "not all of \(clients.count) WebSockets are live within 30 s: see the server's log, and "
            + "USHER_MAX_CONNECTIONS_PER_USER")
      }
      for start in stride(from: 0, to: clients.count, by: connecting) {
        await withDiscardingTaskGroup { group in
          for client in clients[start..<min(start + connecting, clients.count)] {
            group.addTask { await client.open() }
          }
        }
      }
      group.cancelAll()
      // Throws what the clock threw if it was faster.
      while let result = await group.nextResult() {
        if case .failure(let error as BenchError) = result { throw error }
      }
    }
  }

  /// Gives everybody the next access tokens.
  func use(viewer: String, agent: String) async {
    for viewerClient in viewers { await viewerClient.client.use(viewer) }
    for desk in desks { await desk.use(agent) }
  }

  /// Waits until every screen shows `version`, for a while.
  func catchUp(to version: Int64) async {
    let clock = LoadClock()
    for viewer in viewers {
      while await viewer.client.version < version, clock.now < Self.patience {
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// Counts the requests that did not come to a screen as events although it never began anew.
  func missed(of seen: Int) -> Int { viewers.compactMap(\.screen.requests).reduce(0) { $0 + max(0, seen - $1) } }

  func close() async {
    for viewer in viewers { await viewer.client.close() }
    for desk in desks { await desk.close() }
    await bare.close()
  }
}
