import ServiceQueue

/// What calls about one queue have in common, in the form in which it is sent. Stays on the reactor's thread.
final class QueueFront {
  /// The first arguments of every command: queue, history, most attempts, time to reinstate.
  let constants: RedisCommand
  /// The twelve keys at the front of every change.
  private let keys: RedisCommand
  private let library: FunctionLibrary
  /// Of each function the last; there are about twenty.
  private var made: [String: (keys: Int, call: RedisCommand)] = [:]

  fileprivate init(keys: RedisCommand, constants: RedisCommand, library: FunctionLibrary) {
    self.keys = keys
    self.constants = constants
    self.library = library
  }

  /// `FCALL` of a change with so many keys, of which the twelve are there already.
  func call(_ function: String, keys count: Int) -> RedisCommand {
    if let known = made[function], known.keys == count { return known.call }
    var call = library.change(function, keys: count, capacity: keys.length + 64)
    call.append(contentsOf: keys)
    made[function] = (count, call)
    return call
  }
}

/// The fronts of the queues, each made once. Bounded: when it is full it begins anew.
struct QueueFronts {
  private let keys: KeySpace
  private let configuration: BrokerConfiguration
  private let library: FunctionLibrary
  private var made: [QueueName: QueueFront] = [:]

  init(_ keys: KeySpace, _ configuration: BrokerConfiguration, _ library: FunctionLibrary) {
    self.keys = keys
    self.configuration = configuration
    self.library = library
  }

  mutating func of(_ queue: QueueName) -> QueueFront {
    if let known = made[queue] { return known }
    var twelve = keys.parts(of: queue)
    twelve.append(keys.index)
    twelve.append(keys.outbox)
    twelve.append(keys.load)
    var constants = RedisCommand(capacity: 128)
    constants.append(queue.rawValue)
    constants.append(configuration.eventHistory)
    constants.append(configuration.policy.mostAttempts)
    constants.append(configuration.policy.reinstateWithin)
    if made.count >= BrokerConfiguration.mostQueues { made = [:] }
    let front = QueueFront(keys: twelve, constants: constants, library: library)
    made[queue] = front
    return front
  }
}
