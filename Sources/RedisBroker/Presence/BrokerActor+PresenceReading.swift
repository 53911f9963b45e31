import Logging
import ServiceQueue

extension BrokerActor {
  private static let presenceBlockTime = Duration.seconds(5)
  /// Entries of the stream in one read, each of at most 100 changes.
  private static let presenceEntries = 32

  /// Reads who comes and goes, on a connection of its own, and hands it to the subscribers, until the Broker stops. What was told
  /// while the connection was broken comes late; what Redis has forgotten meanwhile does not come.
  func readPresence() async {
    var place: OutboxID?
    while phase == .running {
      do throws(BrokerError) {
        guard let from = place else {
          place = try await lastOfPresence()
          continue
        }
        let (changes, last) = try await presence(after: from)
        if let last {
          place = last
          if !changes.isEmpty { send(.presence(changes)) }
        } else {
          // Redis may have been emptied, or another may have taken over, whose clock is behind.
          place = min(from, try await lastOfPresence())
        }
      } catch {
        logger.debug("Reading presence failed", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  /// The next changes and the place of the last of them, which is nil when there are none.
  private func presence(
    after place: OutboxID
  ) async throws(BrokerError) -> (changes: [PresenceChange], last: OutboxID?) {
    let command = RedisCommand(
      "XREAD", "COUNT", String(Self.presenceEntries), "BLOCK", String(Self.presenceBlockTime.milliseconds), "STREAMS",
      keys.presence, place.description)
    let reply = try await reply(
      to: command, named: "read_presence", effect: .wait, on: presenceLink,
      timeout: Self.presenceBlockTime + configuration.commandTimeout)
    let entries = try StreamReply.streams(in: reply).first?.entries ?? []
    let last = entries.last.map { OutboxID(reply.text(of: $0.id)) ?? place }
    guard subscribers.count > 0 else { return ([], last) }
    return (entries.flatMap { reply.withBytes(of: $0.value, PresenceCodec.changes) }, last)
  }

  /// The place of the newest change; the very first place when there is none.
  private func lastOfPresence() async throws(BrokerError) -> OutboxID {
    let command = RedisCommand("XREVRANGE", keys.presence, "+", "-", "COUNT", "1")
    let reply = try await reply(to: command, named: "read_presence", effect: .question, on: presenceLink)
    let newest = try StreamReply.entries(in: reply).first
    guard let last = OutboxID(newest.map { reply.text(of: $0.id) } ?? "0-0")
    else { throw .notUnderstood("read_presence") }
    return last
  }
}
