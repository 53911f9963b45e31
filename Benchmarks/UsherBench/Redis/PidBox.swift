import Glibc
import Synchronization

/// The id of a process that may have to be ended before it is known.
final class PidBox: Sendable {
  private enum State {
    case unknown
    case running(pid_t)
    case unwanted
  }

  private let state = Mutex(State.unknown)

  /// It runs. If it is unwanted by now, it is ended.
  func set(_ id: pid_t) {
    let isUnwanted = state.withLock { state in
      if case .unwanted = state { return true }
      state = .running(id)
      return false
    }
    if isUnwanted { Glibc.kill(id, SIGKILL) }
  }

  /// Ends it, at once or when it becomes known.
  func kill() {
    let former = state.withLock { state in
      defer { state = .unwanted }
      return state
    }
    if case .running(let id) = former { Glibc.kill(id, SIGKILL) }
  }
}
