import ServiceQueue
import Synchronization

/// Hands the events of one stream to every subscriber of this process.
final class EventFeed: Sendable {
  private struct State {
    var subscribers = SubscriberList()
    var isFollowed = false
    /// The task that follows, until somebody subscribes.
    var follower: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func subscribe() -> EventSubscription {
    let (subscription, follower) = state.withLock { state in
      defer { state.follower = nil }
      state.isFollowed = true
      return (state.subscribers.add(), state.follower)
    }
    follower?.resume()
    return subscription
  }

  func send(_ batch: EventBatch) { _ = state.withLock { $0.subscribers.send(batch) } }

  /// Tells those who lost something, if there is room now.
  func recover() { state.withLock { $0.subscribers.recoverLost() } }

  func finish() { state.withLock { $0.subscribers.finish() } }

  /// Returns once somebody has subscribed, or when the task is cancelled.
  func wanted() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let mustWait = state.withLock { state in
          guard !state.isFollowed, !Task.isCancelled else { return false }
          state.follower = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    } onCancel: {
      state.withLock { state in
        defer { state.follower = nil }
        return state.follower
      }?.resume()
    }
  }
}
