import Foundation
import Synchronization

/// What must be ended for a measurement that blocks its thread to end early.
final class Interrupt: Sendable {
  private struct State {
    var isDone = false
    var next = 0
    var actions: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// Ends what runs now and what would begin.
  func fire() {
    state.withLock { state in
      state.isDone = true
      for action in state.actions.values { action() }
    }
  }

  /// Carries out `body`; `action` is called, from any thread, if it is to end early, and never after `body` has ended.
  func guarding<Value>(_ action: @escaping @Sendable () -> Void, _ body: () throws -> Value) throws -> Value {
    let number = try state.withLock { state in
      guard !state.isDone else { throw CancellationError() }
      state.next += 1
      state.actions[state.next] = action
      return state.next
    }
    defer { state.withLock { $0.actions[number] = nil } }
    return try body()
  }

  /// Runs `body`, which blocks, on a thread of its own; cancelling ends it.
  static func thread<Value: Sendable>(_ body: @escaping @Sendable (Interrupt) throws -> Value) async throws -> Value {
    let interrupt = Interrupt()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body(interrupt) }) }
      }
    } onCancel: {
      interrupt.fire()
    }
  }
}
