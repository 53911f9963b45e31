import Synchronization
import UserStore

/// Stands before the user store's check of a password; see `LoginGate`. Safe from any thread.
final class LoginLimiter: Sendable {
  private let gate: Mutex<LoginGate>
  private let clock: GatewayClock

  /// `burst` is how many failures of one place are let through at once.
  init(burst: Int, clock: GatewayClock) {
    gate = Mutex(LoginGate(burst: burst))
    self.clock = clock
  }

  /// Carries out `check` of the password of the user with this name, or of a secret that names nobody, or throws
  /// `tooManyRequests`.
  func checking<Value>(
    name: String?, place: String, _ check: () async throws(UserStoreError) -> Value
  ) async throws -> Value {
    if let seconds = gate.withLock({ $0.begin(name: name, place: place, now: clock.milliseconds()) }) {
      throw GatewayError(.tooManyRequests, "too many failed attempts; wait", retryAfter: seconds)
    }
    do throws(UserStoreError) {
      let value = try await check()
      ended(name, place, .succeeded)
      return value
    } catch {
      ended(name, place, LoginGate.Outcome(error))
      throw error
    }
  }

  private func ended(_ name: String?, _ place: String, _ outcome: LoginGate.Outcome) {
    gate.withLock { $0.ended(name: name, place: place, outcome, now: clock.milliseconds()) }
  }
}

extension LoginGate.Outcome {
  init(_ error: UserStoreError) {
    self =
      switch error.code {
      case .invalidCredentials, .linkInvalid: .failed
      case .throttled: .throttled(error.retryAfter ?? 1)
      default: .unknown
      }
  }
}
