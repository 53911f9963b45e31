import ServiceQueue
import Synchronization

/// A viewer's screen: it notes when each request comes, and what does not fit.
final class LoadScreen: LiveClient.Screen {
  private struct State {
    var requests = 0
    var hasResynced = false
  }

  private let record: LoadRecord
  private let kinds: LoadKinds
  private let state = Mutex(State())

  init(kinds: LoadKinds, record: LoadRecord) {
    self.kinds = kinds
    self.record = record
  }

  /// How many requests came as events; nil for a screen that had to begin anew, which a snapshot told of what it missed.
  var requests: Int? { state.withLock { $0.hasResynced ? nil : $0.requests } }

  func show(_ event: JSONValue) {
    let now = record.clock.now
    let number = event["type"]?.string == "service.added" ? number(of: event["service"]) : nil
    if number != nil { state.withLock { $0.requests += 1 } }
    record.note { tally in
      tally.screens.events += 1
      guard let number, tally.ledger.due.indices.contains(number) else { return }
      tally.finish(.screen, due: tally.ledger.due[number], now: now)
      if tally.ledger.see(number) { tally.timeline.count(.onScreen, at: now) }
    }
  }

  func begin(_ snapshot: JSONValue, isFirst: Bool) {
    guard !isFirst else { return }
    state.withLock { $0.hasResynced = true }
    let numbers = (snapshot["services"]?.array ?? []).compactMap { number(of: $0) }
    record.note { tally in
      tally.screens.resyncs += 1
      for number in numbers { _ = tally.ledger.see(number) }
    }
  }

  func met(_ fault: ScreenCopy.Fault) {
    record.note { tally in
      switch fault {
      case .gap: tally.screens.gaps += 1
      case .wrongDigest: tally.screens.wrongDigests += 1
      case .notUnderstood: tally.fail("screen", "not_understood")
      }
    }
  }

  func reconnects() { record.note { $0.screens.reconnects += 1 } }

  private func number(of service: JSONValue?) -> Int? {
    service?["kind"]?.string.flatMap { kinds.number($0) }
  }
}
