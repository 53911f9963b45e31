import ServiceQueue

/// Answers what clients ask about channels besides subscribing to them.
extension CommandDesk {
  /// The reply to the command `id`.
  func answer(_ question: ChannelQuestion, as id: UInt32) async -> Result<ServerReply, ReplyError> {
    do throws(ReplyError) {
      switch question.kind {
      case .presence: return .success(.presence(id, try await presence(in: question.queue).entries))
      case .presenceStats:
        let presence = try await presence(in: question.queue)
        return .success(.presenceStats(id, connections: presence.connections, users: presence.users))
      case .history(let request):
        let reader = ChannelHistory(desk: self, queue: question.queue, view: question.view)
        return .success(.history(id, try await reader.page(request)))
      }
    } catch {
      return .failure(error)
    }
  }

  private func presence(in queue: QueueName) async throws(ReplyError) -> QueuePresence {
    do { return try await broker.presence(in: queue) } catch { throw ReplyError(channel: error) }
  }
}

extension ReplyError {
  /// A Broker's error about a channel.
  init(channel error: BrokerError) {
    self = error.code == .unknownQueue ? .unknownChannel : ReplyError(GatewayError(error))
  }
}
