import ServiceQueue

/// What a new connection sends before anything else.
extension BrokerActor {
  /// The login. It also finds out whether one is wanted, and whether Redis is still loading.
  static func login(_ url: RedisURL) -> [RedisLink.PreparationStep] {
    let anyError: (RedisValue) -> String? = { if case .error(let text) = $0 { text } else { nil } }
    var steps: [RedisLink.PreparationStep] = []
    if let password = url.password {
      let login = url.user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password)
      steps.append(.init(command: login, objection: anyError))
    }
    steps.append(.init(command: RedisCommand("SELECT", String(url.database)), objection: anyError))
    steps.append(.init(command: RedisCommand("PING"), objection: anyError))
    return steps
  }

  /// The functions and the configured queues.
  static func setUp(_ queues: [QueueName], _ keys: KeySpace, _ library: FunctionLibrary) -> [RedisLink.PreparationStep]
  {
    [.init(command: library.load, objection: FunctionLibrary.objection)]
      + queues.map {
        .init(
          command: creation(of: $0, epoch: newEpoch(), keys: keys, library: library),
          objection: FunctionLibrary.objection)
      }
  }

  /// A Redis that was restored, or that took over with less, gets new epochs before anything is written to it.
  static func assurances(
    of seen: SeenVersions, _ keys: KeySpace, _ library: FunctionLibrary
  ) -> [RedisLink.PreparationStep] {
    seen.places.map { queue, place in
      .init(
        command: assurance(of: queue, place, keys: keys, library: library), objection: FunctionLibrary.objection)
    }
  }

  static func creation(of queue: QueueName, epoch: String, keys: KeySpace, library: FunctionLibrary) -> RedisCommand {
    var command = library.change("create_queue", keys: 11)
    command.append(contentsOf: keys.parts(of: queue))
    command.append(keys.queues)
    command.append(keys.control)
    command.append(queue.rawValue)
    command.append(epoch)
    command.append(BrokerConfiguration.mostQueues)
    return command
  }

  /// Tells what was seen of a queue; answers whether it got a new epoch, its epoch and version.
  static func assurance(
    of queue: QueueName, _ seen: EventPositions.Place, keys: KeySpace, library: FunctionLibrary
  ) -> RedisCommand {
    var command = library.change("renew_epoch", keys: 3)
    command.append(keys.key(.meta, of: queue))
    command.append(keys.key(.ev, of: queue))
    command.append(keys.control)
    command.append(queue.rawValue)
    command.append(seen.epoch.rawValue)
    command.append(seen.version)
    command.append(newEpoch())
    return command
  }

  static func newEpoch() -> String {
    var random = SystemRandomNumberGenerator()
    return randomName(using: &random)
  }

  /// 16 of `a-z0-9`: 82 random bits.
  static func randomName(using random: inout some RandomNumberGenerator) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    return String(decoding: (0..<16).map { _ in letters.randomElement(using: &random) ?? 0 }, as: UTF8.self)
  }
}
