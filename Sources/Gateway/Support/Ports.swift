import Synchronization

/// Waits for both listeners, then tells their ports.
final class Ports: Sendable {
  private let known = Mutex<(http: Int?, admin: Int?)>((nil, nil))
  private let onRunning: @Sendable (Int, Int) -> Void

  init(onRunning: @escaping @Sendable (Int, Int) -> Void) { self.onRunning = onRunning }

  func http(_ port: Int) { learn { $0.http = port } }
  func admin(_ port: Int) { learn { $0.admin = port } }

  private func learn(_ change: (inout (http: Int?, admin: Int?)) -> Void) {
    let both = known.withLock { known -> (Int, Int)? in
      change(&known)
      guard let http = known.http, let admin = known.admin else { return nil }
      return (http, admin)
    }
    if let both { onRunning(both.0, both.1) }
  }
}
