import Logging
import Reactor
public import ServiceLifecycle
import ServiceQueue

extension BrokerActor: ServiceLifecycle.Service {
  private static let drainTime = Duration.seconds(1)
  private static let sweptPerCall = 50

  private var links: [RedisLink] { [commands, reads, eventLink, outboxLink, publishLink, presenceLink] }

  /// Connects, and then reads events, does what is due and keeps the configured queues there, until cancelled or shut down
  /// gracefully. Without Redis it keeps trying. Then it refuses new commands, gives those under way a second, closes the
  /// connections and ends the subscriptions. Once only: throws when it is called again.
  public func run() async throws {
    guard phase == .new else { throw BrokerError(.unavailable, "A Broker runs once; make a new one") }
    phase = .running
    let (addressRequests, requests) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(16))
    let links = self.links
    for (number, link) in links.enumerated() {
      link.onAddressNeeded = { requests.yield(number) }
      link.onReady = { [unowned self] in becameReady(number) }
    }
    logger.info("Broker starts", metadata: ["site": "\(configuration.site)", "redis": "\(configuration.redisURL)"])
    for link in links { link.start() }
    await withTaskExecutorPreference(reactor) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.resolveAddresses(addressRequests) }
        group.addTask { await self.readEvents() }
        group.addTask { await self.readPresence() }
        group.addTask { await self.maintain() }
        try? await gracefulShutdown()
        await self.stop()
        group.cancelAll()
      }
    }
    logger.info("Broker has stopped", metadata: ["site": "\(configuration.site)"])
  }

  /// Whether Redis is connected, and what is weak about it.
  public func health() -> RedisHealth {
    RedisHealth(
      isConnected: commands.isReady, silence: commands.silence, lastFailure: commands.lastFailure, warnings: warnings)
  }

  /// Redis can be reached again: the other links need not wait for their next attempts.
  private func becameReady(_ number: Int) {
    if links[number] === commands { durabilityIsUnknown = true }
    for link in links where link !== links[number] { link.tryNow() }
  }

  private func stop() async {
    phase = .stopping
    eventPause.end()
    eventLink.close()
    outboxLink.close()
    publishLink.close()
    presenceLink.close()
    let limit = clock.now + Self.drainTime
    while clock.now < limit, [commands, reads].contains(where: { $0.isReady && $0.underway > 0 }) {
      // Not Task.sleep: this also runs when the task is cancelled.
      await withCheckedContinuation { continuation in
        reactor.schedule(after: .milliseconds(10)) { continuation.resume() }
      }
    }
    commands.close()
    reads.close()
    subscribers.finish()
  }

  private func resolveAddresses(_ requests: AsyncStream<Int>) async {
    guard case .tcp(let host, let port) = configuration.redisURL.target else { return }
    for await number in requests {
      let link = links[number]
      let ips = await HostResolver.resolve(host)
      // Each attempt takes the next of several.
      link.open(ips.isEmpty ? nil : .tcp(ip: ips[link.failures % ips.count], port: port))
    }
  }

  /// Ends overdue leases and holds, puts scheduled services in line, takes out what dead nodes have left, and makes the configured
  /// queues again when Redis has lost them.
  private func maintain() async {
    while phase == .running {
      if commands.isReady {
        do throws(BrokerError) {
          if durabilityIsUnknown { try await lookAtDurability() }
          try await buryDeadNodes()
          try await measureOutbox()
          try await measureQueues()
          if try await sweep() { continue }
        } catch {
          logger.debug("Sweeping failed", metadata: ["error": "\(error)"])
        }
      }
      try? await Task.sleep(for: configuration.sweepInterval)
    }
  }

  private func lookAtDurability() async throws(BrokerError) {
    durabilityIsUnknown = false
    var command = RedisCommand("CONFIG", "GET")
    for setting in Durability.settings { command.append(setting) }
    let former = warnings
    do throws(BrokerError) {
      warnings = Durability.warnings(from: try await execute(command, named: "config", effect: .question))
    } catch  where error.code == .internal || error.code == .unavailable {
      // Managed Redis refuses CONFIG; then there is nothing to say.
      logger.debug("Redis does not tell its settings", metadata: ["error": "\(error)"])
    }
    metrics.weaknesses(warnings.count)
    for warning in warnings where !former.contains(warning) { logger.warning("Redis is not durable: \(warning)") }
  }

  /// True when there is more to sweep.
  private func sweep() async throws(BrokerError) -> Bool {
    let names = Set(try await queueNames()).union(configuration.queues).sorted()
    let questions = names.map { dueQuestion($0, most: Self.sweptPerCall) }
    var due: [(queue: QueueName, ids: [ServiceID])] = []
    var isMissing = false
    var isUnfinished = false
    for (name, result) in zip(names, await executeAll(questions, named: "due", effect: .question)) {
      switch result {
      case .success(let value):
        let ids = Self.ids(from: value)
        if ids.count == Self.sweptPerCall { isUnfinished = true }
        if !ids.isEmpty { due.append((name, ids)) }
      case .failure(let error) where error.code == .unknownQueue: isMissing = true
      case .failure(let error): throw error
      }
    }
    let calls = due.map { sweepCall($0.queue, $0.ids) }
    for (item, result) in zip(due, await executeAll(calls, named: "sweep", effect: .change)) {
      _ = swept(item.queue, try result.get())
    }
    if isMissing { await ensureQueues() }
    return isUnfinished
  }

  /// Does what is due in a queue, at most so much; answers how much there was.
  func sweep(_ queue: QueueName, most: Int) async throws(BrokerError) -> Int {
    let ids = Self.ids(from: try await execute(dueQuestion(queue, most: most), named: "due", effect: .question))
    guard !ids.isEmpty else { return 0 }
    return swept(queue, try await execute(sweepCall(queue, ids), named: "sweep", effect: .change))
  }

  private func dueQuestion(_ queue: QueueName, most: Int) -> RedisCommand {
    var command = question("due", about: queue, [.meta, .due])
    command.append(most)
    return command
  }

  /// `OK`, then ids.
  private static func ids(from value: RedisValue) -> [ServiceID] {
    (value.elements ?? []).dropFirst().compactMap { $0.text.flatMap { ServiceID($0) } }
  }

  private func sweepCall(_ queue: QueueName, _ ids: [ServiceID]) -> RedisCommand {
    var call = RedisCommand(
      front: fronts.of(queue).call("sweep", keys: 12 + ids.count), capacity: 128 + 160 * ids.count)
    for id in ids { keys.appendEnded(id, to: &call) }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    call.append(configuration.policy.mostAttempts)
    for id in ids { call.append(id.rawValue) }
    return call
  }

  /// `OK`, how many, epoch, version, and of how many the lease and of how many the hold had ended.
  private func swept(_ queue: QueueName, _ value: RedisValue) -> Int {
    guard let reply = value.elements, reply.count == 6 else { return 0 }
    let numbers = [1, 4, 5].compactMap { reply[$0].bytes.flatMap(FieldReader.number).map(Int.init) }
    guard numbers.count == 3 else { return 0 }
    if let epoch = reply[2].text.flatMap({ Epoch($0) }), let version = reply[3].bytes.flatMap(FieldReader.number) {
      seen.note(queue, epoch, version)
    }
    metrics.swept(due: numbers[0] - numbers[1] - numbers[2], leases: numbers[1], holds: numbers[2])
    return numbers[0]
  }

  /// Makes the configured queues again that Redis has lost.
  func ensureQueues() async {
    let calls = configuration.queues.map { Self.creation(of: $0, epoch: Self.newEpoch(), keys: keys, library: library) }
    let made = await executeAll(calls, named: "create_queue", effect: .change)
    if made.contains(where: { (try? $0.get().elements?.last?.text) == "1" }) {
      logger.warning("Redis had lost queues; they were made again, empty", metadata: ["site": "\(configuration.site)"])
    }
  }
}
