public import ServiceQueue

extension BrokerActor {
  /// Has Redis write its append-only file anew; see `Broker`.
  public func rewriteLog() async throws(BrokerError) -> LogRewrite {
    // What was acknowledged there is still in it.
    try await clean(stream: keys.outbox, from: 0)
    let info = try await execute(RedisCommand("INFO", "persistence"), named: "info", effect: .question).text ?? ""
    if info.contains("aof_enabled:0") { return .hasNone }
    if info.contains("aof_rewrite_in_progress:1") { return .isBusy }
    let pending = send(RedisCommand("BGREWRITEAOF"), effect: .question, began: clock.now)
    let outcome = await withUnsafeContinuation { pending.resume($0) }
    // Managed Redis does not allow it; a machine may be too full for a second process.
    if case .failure(.refused(let text)) = outcome, text.hasPrefix("ERR") || text.hasPrefix("NOPERM") {
      return text.contains("in progress") ? .isBusy : .isRefused
    }
    _ = try finish(outcome, named: "rewrite_log", began: nil)
    return .begun
  }
}
