import ServiceQueue
import Synchronization

/// Calls Brokers and notes what they were asked and what they said.
final class Recorder: Sendable {
  private let noted = Mutex<[Operation]>([])
  private let began = ContinuousClock.now

  var operations: [Operation] { noted.withLock { $0 } }

  private var now: Int64 { Int64((ContinuousClock.now - began) / .milliseconds(1)) }

  @discardableResult
  func submit(_ items: [Submission], to broker: some Broker) async -> [Operation.Outcome] {
    let invoked = now
    var outcomes: [Operation.Outcome]
    do throws(BrokerError) {
      outcomes = try await broker.submit(items).map { Operation.Outcome($0) }
    } catch {
      outcomes = items.map { _ in Operation.Outcome(error) }
    }
    note(zip(items.map { .submit($0) }, outcomes), since: invoked)
    return outcomes
  }

  @discardableResult
  func perform(_ request: CommandRequest, on broker: some Broker) async -> Operation.Outcome {
    let invoked = now
    let outcome: Operation.Outcome
    do throws(BrokerError) { outcome = .done(try await broker.perform(request)) } catch { outcome = .init(error) }
    note([(.perform(request), outcome)], since: invoked)
    return outcome
  }

  @discardableResult
  func performAll(_ requests: [CommandRequest], on broker: some Broker) async -> [Operation.Outcome] {
    let invoked = now
    let outcomes = await broker.performAll(requests).map { result -> Operation.Outcome in
      switch result {
      case .success(let answer): .done(answer)
      case .failure(let error): .init(error)
      }
    }
    note(zip(requests.map { .perform($0) }, outcomes), since: invoked)
    return outcomes
  }

  @discardableResult
  func changeMode(_ request: QueueModeRequest, on broker: some Broker) async -> Operation.Outcome {
    let invoked = now
    let outcome: Operation.Outcome
    do throws(BrokerError) { outcome = .changed(try await broker.changeMode(request)) } catch { outcome = .init(error) }
    note([(.changeMode(request), outcome)], since: invoked)
    return outcome
  }

  private func note(_ calls: some Sequence<(Operation.Action, Operation.Outcome)>, since invoked: Int64) {
    let answered = now
    let made = calls.map { Operation($0, $1, invoked: invoked, answered: answered) }
    noted.withLock { $0 += made }
  }
}

extension Operation.Outcome {
  init(_ error: BrokerError) {
    self = error.changedNothing ? .refused(error) : .unknown(error)
  }

  init(_ outcome: SubmitOutcome) {
    self =
      switch outcome {
      case .stored(let service, let version): .stored(service, queueVersion: version)
      case .duplicate(let id): .duplicate(id)
      case .refused(let error): .refused(error)
      }
  }

  /// True when the same call under the same key may be answered otherwise.
  var isWorthRepeating: Bool {
    switch self {
    case .unknown: true
    case .refused(let error): error.code == .unavailable || error.code == .overloaded
    case .stored, .duplicate, .done, .changed: false
    }
  }
}
