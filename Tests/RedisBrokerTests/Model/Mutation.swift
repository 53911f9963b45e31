import ServiceQueue

/// A change of the functions' text that makes them wrong.
struct Mutation: Sendable {
  /// What is wrong then.
  let name: String
  /// The part of the text, which must be there exactly once.
  let part: String
  /// What stands there instead.
  let other: String

  private init(_ name: String, _ part: String, _ other: String = "") {
    self.name = name
    self.part = part
    self.other = other
  }

  @Sendable func applied(to text: String) throws -> String {
    let found = text.split(separator: part, omittingEmptySubsequences: false).count - 1
    guard found == 1 else {
      throw BrokerError(.internal, "\(name): usher.lua has this \(found) times, not once; write it anew: \(part)")
    }
    return text.replacing(part, with: other)
  }

  static let all: [Mutation] = checks + writes + order

  /// What a command asks of a service first.
  private static let checks = [
    Mutation(
      "no fence test",
      "if c.fence ~= r.fence and not (c.any and c.fence == '') then return refusal('stale_fence', r.state) end"),
    Mutation(
      "no test of the holder", "if not c.any and r.holder ~= c.actor then return refusal('not_owner', r.state) end"),
    Mutation(
      "no test of the lease", "if not timer or tonumber(timer) <= q.now then return refusal('stale_fence', r.state) end"
    ),
    Mutation("no test of the version", "if c.if_version ~= '' and c.if_version ~= r.version then", "if false then"),
    Mutation("no test of the state", "if not refused and not rule.from[r.state] then", "if false then"),
    Mutation("no test of the submitter", "if not c.any and r.submitter ~= c.actor then", "if false then"),
    Mutation(
      "no test of the capacity", "return c.capacity ~= '' and load_of(q, employee) >= tonumber(c.capacity)",
      "return false"),
    Mutation(
      "claims while paused",
      "if r.state == 'waiting' and q.mode == 'paused' then return refusal('queue_paused', r.state) end"),
    Mutation("gives nothing while paused", "if r.state == 'waiting' and q.mode", "if q.mode"),
    Mutation("claims next while paused", "if q.mode == 'paused' then return refusal('queue_paused') end"),
    Mutation(
      "claims without the skills", "if not has_all and not covers(words(c.skills), r.requires) then", "if false then"),
    Mutation("agents assign", "if not c.any then return refusal('not_owner', r.state) end"),
    Mutation(
      "assigns to who has it", "if r.holder == c.target then return refusal('bad_target', r.state) end"),
    Mutation("asks supervisors for skills", "c.target, c.target_id, c.skills == '*')", "c.target, c.target_id, false)"),
    Mutation("claims next without the skills", "if covers(held, signature) then", "if true then"),
    Mutation("takes while draining", "elseif q.mode == 'draining' then", "elseif false then"),
    Mutation(
      "transfers while draining", "if t.mode == 'draining' then return refusal('queue_draining', r.state) end"),
    Mutation("reinstates for ever", "if q.now - r.ended > tonumber(c.reinstate_within) then", "if false then"),
    Mutation(
      "too many sets of skills", "not needs(q)[requires] and q.signatures >= MOST_SIGNATURES", "false"),
    Mutation(
      "no dedupe of submissions", "if stored then\n      local told, known", "if false then\n      local told, known"),
    Mutation("no replay of commands", "if stored then return replay(q, stored, fingerprint) end"),
    Mutation(
      "a key for anything", "if told ~= fingerprint then return refusal('idempotency_key_reused') end"),
    Mutation("forgets refusals", "if reply[1] == 'ERR' and fingerprint ~= OWN", "if false and fingerprint ~= OWN"),
    Mutation(
      "restores what is newer here",
      "if tonumber(here.version) >= tonumber(known.version) then return 'K', '' end"),
  ]

  /// What a change writes.
  private static let writes = [
    Mutation(
      "no version", "= term(id, r), r.state, r.order, r.requires, r.holder\n  q.version = q.version + 1",
      "= term(id, r), r.state, r.order, r.requires, r.holder"),
    Mutation("no version of the service", "change(r)\n  r.version = fixed(r.version + 1)", "change(r)"),
    Mutation("no outbox", "if kind ~= 'renumbered' then redis.call('XADD', q.keys[11], '*', 'e', line) end"),
    Mutation(
      "renumberings in the outbox", "if kind ~= 'renumbered' then redis.call('XADD', q.keys[11]",
      "if true then redis.call('XADD', q.keys[11]"),
    Mutation(
      "publishes persons", "r.holder, r.holder_name, r.submitter, r.rest = '', '', '', without_personal(r.rest)"),
    Mutation(
      "forgets what is not published", "if entry then redis.call('ZADD', keys[3], 0,",
      "if false then redis.call('ZADD', keys[3], 0,"),
    Mutation("publishes out of order", "give_kept(outbox_place(entry[1]))"),
    Mutation("enrols from the beginning", "from = last\n    redis.call('HSET'", "from = '0-0'\n    redis.call('HSET'"),
    Mutation("no events", "redis.call('XADD', q.keys[7], 'MAXLEN', '~', q.history, version .. '-0', 'e', line)"),
    Mutation("no digest", "add_to_digest(q, term(id, r) - before)"),
    Mutation("no digest of a renumbering", "  add_to_digest(q, change)\n"),
    Mutation("a load that only grows", "if HANDLED[r.state] then add_load(q, r.holder, -1) end"),
    Mutation("counts that only grow", "count(q, was, -1)"),
    Mutation("no staff", "redis.call('ZADD', staff, fixed(q.now), employee)"),
    Mutation("holds as handling times", "if r.held == '' then", "if true then"),
    Mutation("a load that stays with who had it", "if had ~= has then", "if (not had) ~= (not has) then"),
    Mutation("begun before it was assigned", "forget_claim(s)\n    s.state, s.fence", "s.state, s.fence"),
    Mutation("a claim that is transferred too", "take_out(q, c.id, r)\n  forget_claim(r)", "take_out(q, c.id, r)"),
    Mutation("ended ones in the index", "redis.call('HDEL', q.keys[10], id)"),
    Mutation("keeps personal data", "s.rest = without_personal(s.rest)"),
    Mutation(
      "keeps personal data of what has ended", "r.rest, r.version = without_personal(r.rest), fixed(r.version + 1)"),
    Mutation("finds no personal data in events", "then found = string.match(entry[1], '^%d+') end", "then end"),
    Mutation("comes back for ever", "if r.attempts + 1 >= tonumber(most_attempts) then", "if false then"),
  ]

  /// Where services stand.
  private static let order = [
    Mutation("arrivals at one place", "math.max(q.now * TICKS, q.last_arrival + ARRIVAL_GAP)", "q.now * TICKS"),
    Mutation("moves into the future", "order = math.min(order, low + TICKS)", "order = order"),
    Mutation("a midpoint at its neighbour", "if order <= low or order >= high then return nil end"),
    Mutation("no priority", "fixed(clamped(arrival - boost(args[a + 2])))", "fixed(clamped(arrival))"),
  ]
}
