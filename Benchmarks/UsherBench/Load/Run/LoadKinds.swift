/// The kinds of the load's services: the only thing that a viewer sees and a producer chooses, so each request has one of its own. Pure.
struct LoadKinds: Sendable {
  private let prefix: String

  /// Those of a run that no other run has.
  init(run: UInt64) { prefix = "load-" + String(run, radix: 36) + "-" }

  func kind(_ number: Int) -> String { prefix + String(number) }

  /// Nil for a service that is not ours.
  func number(_ kind: String) -> Int? { kind.hasPrefix(prefix) ? Int(kind.dropFirst(prefix.count)) : nil }
}
