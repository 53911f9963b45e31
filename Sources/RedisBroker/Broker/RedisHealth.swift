/// How the Broker's Redis does.
public struct RedisHealth: Hashable, Sendable {
  /// True while commands are carried out.
  public let isConnected: Bool
  /// Why it is not connected; nil when it is, or before the first attempt.
  public let lastFailure: String?
  /// Settings of Redis under which an acknowledged change can be lost, as sentences; empty when there are none or Redis
  /// does not tell.
  public let warnings: [String]

  /// How long the oldest command under way has been without an answer; nil when there is none. More than a second is a Redis
  /// that hangs: the Broker asks it something twice a second.
  public let silence: Duration?

  /// A state with all its fields.
  public init(isConnected: Bool, silence: Duration?, lastFailure: String?, warnings: [String]) {
    self.isConnected = isConnected
    self.silence = silence
    self.lastFailure = lastFailure
    self.warnings = warnings
  }
}

/// What Redis' settings mean for what it was given to keep.
enum Durability {
  /// The settings that matter.
  static let settings = ["appendonly", "appendfsync", "maxmemory-policy"]

  /// What is weaker than "acknowledged is on disk"; `answer` is that of `CONFIG GET`.
  static func warnings(from answer: RedisValue) -> [String] {
    guard let elements = answer.elements else { return [] }
    var values: [String: String] = [:]
    for index in stride(from: 0, to: elements.count - 1, by: 2) {
      if let name = elements[index].text, let value = elements[index + 1].text { values[name] = value }
    }
    var warnings: [String] = []
    if let value = values["appendonly"], value != "yes" {
      warnings.append("appendonly is \(value): a restart of Redis can lose services; set it to yes")
    } else if let value = values["appendfsync"], value != "always" {
      warnings.append("appendfsync is \(value): a crash can lose what was acknowledged last; set it to always")
    }
    if let value = values["maxmemory-policy"], value != "noeviction" {
      warnings.append("maxmemory-policy is \(value): Redis may throw services away; set it to noeviction")
    }
    return warnings
  }
}
