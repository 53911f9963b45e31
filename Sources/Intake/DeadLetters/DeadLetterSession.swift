import Glibc
import ServiceQueue

/// One operation on the dead letters, on two connections of its own: one that reads them without acknowledgement and so holds
/// them, one that has the lock and publishes. Blocks the thread it is on. What was not removed goes back when the
/// reading connection ends, however that comes about.
final class DeadLetterSession {
  private let url: AMQPURL
  private let topology: IntakeTopology
  private let control: AMQPConnection
  private let reader: AMQPConnection
  private let deadline: ContinuousClock.Instant
  private var scan: DeadLetterScan
  private var consumers = 0
  /// Letters that lay there at the beginning.
  let total: Int
  /// How many have been removed.
  var removed: Int { scan.settled }

  private static let heartbeat = 10
  /// A queue that says it has letters and sends none for so long has lent them to somebody else.
  private static let silence = Duration.seconds(2)
  /// How long a queue may take to count what was acknowledged.
  private static let settling = Duration.seconds(2)

  /// Connects and takes the lock; nil where there is no queue of dead letters.
  ///
  /// - Throws: `busy` when somebody else has the lock until the deadline; `unavailable`.
  static func open(
    _ url: AMQPURL, _ topology: IntakeTopology, deadline: ContinuousClock.Instant
  ) throws(DeadLetterError) -> DeadLetterSession? {
    do {
      while true {
        let control = try connect(url)
        do throws(AMQPError) {
          // Asked first, so that where there is none no lock is made.
          _ = try control.depth(of: topology.deadQueue)
          try control.declareExclusiveQueue("\(topology.deadQueue).lock")
          return try DeadLetterSession(url, topology, control, deadline: deadline)
        } catch {
          guard error.code != .notFound else { return nil }
          guard error.code == .resourceLocked else { throw error }
        }
        guard ContinuousClock.now < deadline else {
          throw DeadLetterError(.busy, "somebody else is at the dead letters; try again")
        }
        // The thread is this operation's own.
        usleep(100_000)
      }
    } catch let error as DeadLetterError {
      throw error
    } catch {
      throw DeadLetterError(.unavailable, "\(error)")
    }
  }

  private static func connect(_ url: AMQPURL) throws(AMQPError) -> AMQPConnection {
    try AMQPConnection.open(url, options: .init(name: "usher dead letters", heartbeat: heartbeat))
  }

  private init(
    _ url: AMQPURL, _ topology: IntakeTopology, _ control: AMQPConnection, deadline: ContinuousClock.Instant
  ) throws(AMQPError) {
    self.url = url
    self.topology = topology
    self.control = control
    self.deadline = deadline
    reader = try Self.connect(url)
    // What whoever had the lock before gave back is there now.
    total = try control.depth(of: topology.deadQueue)
    scan = DeadLetterScan(waiting: total)
  }

  /// Gives back what is held and waits until it is there, so that whoever comes next sees it; then lets go of the lock.
  ///
  /// - Returns: letters that lie there now.
  func close() throws(AMQPError) -> Int {
    reader.close()
    let expected = total - removed
    let now = ContinuousClock.now
    var depth = try control.depth(of: topology.deadQueue)
    // Of what was removed the queue knows a moment later; there may as well be new ones.
    while depth != expected, ContinuousClock.now < now + (depth < expected ? Self.silence : Self.settling) {
      usleep(10_000)
      depth = try control.depth(of: topology.deadQueue)
    }
    control.close()
    return depth
  }

  /// True when every letter has been looked at and there are no others.
  var sawAll: Bool { scan.isDone && scan.goal == total }

  // MARK: - Looking

  /// Hands letter after letter to `body` until it returns false or there are no more.
  func read(_ body: (Delivery) throws -> Bool) throws {
    var lastSeen = ContinuousClock.now
    while true {
      switch try receive(wait: .milliseconds(50)) {
      case .letter(let delivery):
        lastSeen = ContinuousClock.now
        guard try body(delivery) else { return }
      case .nothingYet: if ContinuousClock.now - lastSeen > Self.silence { return }
      case .end: return
      }
    }
  }

  private enum Received {
    case letter(Delivery)
    case nothingYet
    /// All have been looked at, or time is up.
    case end
  }

  private func receive(wait: Duration) throws(AMQPError) -> Received {
    guard !scan.isDone, ContinuousClock.now < deadline else { return .end }
    if let prefetch = scan.grant() {
      try reader.setPrefetch(prefetch)
      try reader.consume(topology.deadQueue, tag: "letters-\(consumers)")
      consumers += 1
    }
    // One at a time: a body may be long.
    guard let delivery = try reader.drain(limit: 1, wait: wait).deliveries.first else { return .nothingYet }
    scan.see()
    return .letter(delivery)
  }

  // MARK: - Removing

  /// Removes a letter that was handed out.
  private func remove(_ tag: UInt64) throws(AMQPError) {
    try reader.acknowledge(tag, multiple: false)
    scan.settle()
  }

  /// Removes those that match.
  func purge(_ filter: DeadLetterFilter, _ outcome: inout DeadLetterOutcome) throws {
    var wanted = filter.ids
    try read { delivery in
      let letter = DeadLetter(delivery)
      guard filter.matches(letter) else { return true }
      try remove(delivery.tag)
      outcome.done += 1
      wanted?.remove(letter.id)
      return wanted?.isEmpty != true
    }
    outcome.missing = wanted ?? []
    outcome.isComplete = sawAll || wanted?.isEmpty == true
  }

  /// Publishes those that match where they first went; each is removed when a queue has it. Killed between the two, it is in both
  /// places, and its idempotency key makes it happen once.
  func requeue(_ filter: DeadLetterFilter, _ outcome: inout DeadLetterOutcome) throws {
    var wanted = filter.ids
    var window = RequeueWindow()
    var exchanges: [String: Bool] = ["": true, topology.exchange: true]
    var lastSeen = ContinuousClock.now
    reading: while ContinuousClock.now < deadline {
      let mayRead = window.hasRoom && wanted?.isEmpty != true
      var answerWait = Duration.zero
      switch mayRead ? try receive(wait: window.isEmpty ? .milliseconds(50) : .zero) : .end {
      case .letter(let delivery):
        lastSeen = ContinuousClock.now
        let letter = DeadLetter(delivery)
        guard filter.matches(letter) else { continue }
        wanted?.remove(letter.id)
        if let exchange = letter.exchange, try isThere(exchange, &exchanges) {
          try publish(letter, delivery, to: exchange, &window)
        } else {
          outcome.leave(letter.id)
        }
      case .nothingYet:
        if window.isEmpty, ContinuousClock.now - lastSeen > Self.silence { break reading }
        answerWait = .milliseconds(20)
      case .end:
        if window.isEmpty { break reading }
        answerWait = .milliseconds(20)
      }
      try settle(&window, wait: answerWait, &outcome)
    }
    outcome.missing = wanted ?? []
    outcome.isComplete = window.isEmpty && (sawAll || wanted?.isEmpty == true)
  }

  private func publish(
    _ letter: DeadLetter, _ delivery: Delivery, to exchange: String, _ window: inout RequeueWindow
  ) throws(AMQPError) {
    var message = delivery
    message.properties = delivery.properties.withoutDeath
    message.exchange = exchange
    message.routingKey = letter.routingKey
    let number = try control.publish(
      message.body, properties: message.properties, exchange: exchange, routingKey: letter.routingKey)
    window.published(number, RequeueWindow.Sent(id: letter.id, tag: delivery.tag, message: message))
  }

  private func settle(
    _ window: inout RequeueWindow, wait: Duration, _ outcome: inout DeadLetterOutcome
  ) throws(AMQPError) {
    guard !window.isEmpty else { return }
    var wait = wait
    while let answer = try control.nextAnswer(wait: wait) {
      wait = .zero
      switch answer {
      case .returned(let message):
        guard window.returned(message) else {
          throw AMQPError(.unroutable, "RabbitMQ returned a message that is not one of those sent")
        }
      case .confirm(let confirm):
        for fate in window.take(confirm) {
          switch fate {
          case .taken(let sent):
            try remove(sent.tag)
            outcome.done += 1
          case .refused(let sent): outcome.leave(sent.id)
          }
        }
      }
    }
  }

  /// A connection ends its channel when it is asked for what there is not: one of its own is asked, once an exchange.
  private func isThere(_ exchange: String, _ known: inout [String: Bool]) throws(AMQPError) -> Bool {
    if let answer = known[exchange] { return answer }
    guard known.count < Self.exchangeLimit else { return false }
    let connection = try Self.connect(url)
    do throws(AMQPError) {
      try connection.checkExchange(exchange)
      connection.close()
      known[exchange] = true
    } catch {
      guard error.code == .notFound || error.code == .accessRefused else { throw error }
      known[exchange] = false
    }
    return known[exchange] == true
  }

  private static let exchangeLimit = 16
}

extension DeadLetterOutcome {
  /// One that matches stays.
  fileprivate mutating func leave(_ id: DeadLetterID) {
    unroutable += 1
    if unroutableIDs.count < DeadLetterLimits.named { unroutableIDs.append(id) }
  }
}
