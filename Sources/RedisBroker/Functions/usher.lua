#!lua name=usher_@VERSION@
-- The queues of one site. Every function is one atomic step: it checks everything, then writes everything, because
-- Redis isolates a function but does not roll it back. @VERSION@ is a hash of this text, so that servers of two
-- versions can share one Redis.
--
-- Keys of a queue, in this order at the front of KEYS of every change:
--   1 meta   hash: version, epoch, digest, paused, tickets, last_arrival
--   2 svc    hash: id -> record          3 live   sorted set: every id by order
--   4 wait   sorted set: waiting ids by order
--   5 lease  sorted set: ids by the end of their lease, milliseconds
--   6 ev     stream: <version>-0 -> e = event
-- and of the site: 7 index hash id -> queue, 8 outbox stream * -> e = event.
--
-- A record is one line, fields by tabs: format 1, order, state, version, attempts, fence, holder's id, holder's name,
-- claimed at, started at, ended at, ticket, submitted at, submitter, rest. The rest is not looked into.
-- An event is one line: format 1, queue, epoch, version, digest, at, actor, type, id, record.
-- Numbers are decimal, what is not there is empty. Sums stay below 2^53, where Lua's numbers are exact.
--
-- While the library is loaded only redis.register_function is there: no string, no pairs, no redis.call.

local TWO48 = 281474976710656
local TWO53 = 9007199254740992
local TICKS = 4096          -- of order in a millisecond
local ARRIVAL_GAP = 8       -- between two arrivals of one priority
local OPEN_STEP = 64        -- between renumbered services at an end of the queue
local ENDED_TTL = '86400000'
local PAGE_BYTES = 2097152  -- of ids, records and events in one answer; one at least is answered, however long
local SCAN_BYTES = 16777216 -- of records that one list looks at
local FIRST_STEP = 16       -- records or events read at a time: few first, since they may be long; then twice as many
local LAST_STEP = 128
local WINDOWS = {64, 128, 256, 512, 1024, 2048, 4096} -- services that one renumbering may concern
local SLICE = 1000          -- arguments at a time, far below the 7,999 that unpack can give

local RECORD = '^1\t(%d+)\t([%l_]+)\t(%d+)\t(%d+)\t(%d*)\t([^\t]*)\t([^\t]*)\t(%d*)\t(%d*)\t(%d*)\t(%d+)\t(%d+)\t'
  .. '([^\t]*)\t(.*)$'
local FIELD = '\t[^\t]*'
local HEAD = '^1' .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD
  .. FIELD

local function fixed(number)
  return string.format('%.0f', number)
end

local function refusal(code, state)
  return {'ERR', code, state or ''}
end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Records -------------------------------------------------------------------------------------------------------------

local function parse(text)
  local r = {}
  r.order, r.state, r.version, r.attempts, r.fence, r.holder, r.holder_name, r.claimed, r.started, r.ended, r.ticket,
    r.submitted, r.submitter, r.rest = string.match(text, RECORD)
  if not r.order then error('a record is not readable') end
  return r
end

local function write(r)
  return table.concat({'1', r.order, r.state, r.version, r.attempts, r.fence, r.holder, r.holder_name, r.claimed, r.started,
    r.ended, r.ticket, r.submitted, r.submitter, r.rest}, '\t')
end

-- What a live service adds to the digest.
local function term(id, r)
  return tonumber(string.sub(redis.sha1hex(id .. '|' .. r.order .. '|' .. r.state .. '|' .. r.version), 1, 12), 16)
end

-- Queues --------------------------------------------------------------------------------------------------------------

-- nil when there is none.
local function open(keys, name, history)
  local m = redis.call('HMGET', keys[1], 'version', 'epoch', 'digest', 'tickets', 'last_arrival')
  if not m[1] then return nil end
  return {keys = keys, name = name, history = history, version = tonumber(m[1]), epoch = m[2], digest = tonumber(m[3]),
    tickets = tonumber(m[4]), last_arrival = tonumber(m[5]), now = now_ms()}
end

local function close(q)
  redis.call('HSET', q.keys[1], 'version', fixed(q.version), 'digest', fixed(q.digest), 'tickets', fixed(q.tickets),
    'last_arrival', fixed(q.last_arrival))
end

local function add_to_digest(q, change)
  q.digest = (q.digest + change) % TWO48
end

-- Appends the event of the change that q.version counts. The history takes all that concerns a service.
local function emit(q, kind, actor, id, body)
  local version = fixed(q.version)
  local line = table.concat({'1', q.name, q.epoch, version, fixed(q.digest), fixed(q.now), actor, kind, id, body}, '\t')
  redis.call('XADD', q.keys[6], 'MAXLEN', '~', q.history, version .. '-0', 'e', line)
  if kind ~= 'renumbered' then redis.call('XADD', q.keys[8], '*', 'e', line) end
end

-- Changes of one service ----------------------------------------------------------------------------------------------

local LIVE = {waiting = true, claimed = true, serving = true}

local function back_to_waiting(r)
  r.state, r.attempts = 'waiting', fixed(r.attempts + 1)
  r.fence, r.holder, r.holder_name, r.claimed, r.started = '', '', '', '', ''
end

-- Writes the service after `change(r)` with its event; `ended_key` may be nil where the change ends nothing.
local function apply(q, id, r, kind, actor, lease_until, ended_key, change)
  local before, was = term(id, r), r.state
  q.version = q.version + 1
  change(r)
  r.version = fixed(r.version + 1)
  local text, keys = write(r), q.keys
  if LIVE[r.state] then
    add_to_digest(q, term(id, r) - before)
    redis.call('HSET', keys[2], id, text)
    if r.state == 'waiting' then
      redis.call('ZADD', keys[4], r.order, id)
      redis.call('ZREM', keys[5], id)
    else
      if was == 'waiting' then redis.call('ZREM', keys[4], id) end
      redis.call('ZADD', keys[5], lease_until, id)
    end
  else
    add_to_digest(q, -before)
    redis.call('HDEL', keys[2], id)
    redis.call('ZREM', keys[3], id)
    if was == 'waiting' then redis.call('ZREM', keys[4], id) else redis.call('ZREM', keys[5], id) end
    redis.call('HDEL', keys[7], id)
    redis.call('SET', ended_key, q.name .. '\t' .. text, 'PX', ENDED_TTL)
  end
  close(q)
  emit(q, kind, actor, id, text)
  return text
end

-- Answer of a command: version, end of the lease, whether it is a replay, id, record.
local function answer(q, lease_until, id, text)
  return {'OK', fixed(q.version), lease_until, '0', id, text}
end

-- Commands. Each is given the queue, its arguments `c` and the record `r`, with every check passed.

local function claim(q, c, r)
  local lease_until = fixed(q.now + c.lease)
  local text = apply(q, c.id, r, 'claimed', c.actor_name, lease_until, nil, function(s)
    s.state, s.fence, s.holder, s.holder_name, s.claimed = 'claimed', fixed(q.version), c.actor, c.actor_name, fixed(q.now)
  end)
  return answer(q, lease_until, c.id, text)
end

local function start(q, c, r)
  local lease_until = fixed(q.now + c.lease)
  local text = apply(q, c.id, r, 'started', c.actor_name, lease_until, nil, function(s)
    s.state, s.started = 'serving', fixed(q.now)
  end)
  return answer(q, lease_until, c.id, text)
end

-- No event, no version: the queue is as before.
local function renew(q, c, r)
  local lease_until = fixed(q.now + c.lease)
  redis.call('ZADD', q.keys[5], lease_until, c.id)
  return answer(q, lease_until, c.id, write(r))
end

local function release(q, c, r)
  return answer(q, '', c.id, apply(q, c.id, r, 'released', c.actor_name, nil, nil, back_to_waiting))
end

local function ending(state, kind)
  return function(q, c, r)
    local text = apply(q, c.id, r, kind, c.actor_name, nil, c.ended_key, function(s)
      s.state, s.ended = state, fixed(q.now)
    end)
    return answer(q, '', c.id, text)
  end
end

-- Moving --------------------------------------------------------------------------------------------------------------

-- The orders before and after the place that `c` names, without the service itself, and the place's rank; either order
-- may be nil. Nothing when there is no such place.
local function place(q, c)
  local live = q.keys[3]
  local rank
  if c.target == 'first' then
    rank = 0
  elseif c.target == 'last' then
    rank = redis.call('ZCARD', live)
  else
    if c.target_id == c.id then return nil end
    rank = redis.call('ZRANK', live, c.target_id)
    if not rank then return nil end
    if c.target == 'after' then rank = rank + 1 end
  end
  local low, high
  local from = math.max(rank - 2, 0)
  local near = redis.call('ZRANGE', live, from, rank + 1, 'WITHSCORES')
  for i = 1, #near, 2 do
    if near[i] ~= c.id then
      local at = from + (i - 1) / 2
      if at < rank then low = tonumber(near[i + 1]) elseif not high then high = tonumber(near[i + 1]) end
    end
  end
  return {low = low, high = high, rank = rank}
end

-- An order strictly between the two; nil when there is none.
local function between(low, high)
  if not low and not high then return nil end
  local order
  if not low then order = high - TICKS
  elseif not high then order = low + TICKS
  else
    order = math.floor((low + high) / 2)
    if order <= low or order >= high then return nil end
  end
  if order < 0 then
    order = math.floor(high / 2)
    if order >= high then return nil end
  elseif order >= TWO53 then
    order = math.floor((low + TWO53) / 2)
    if order <= low then return nil end
  end
  return order
end

local function score_at(live, rank)
  return tonumber(redis.call('ZRANGE', live, rank, rank, 'WITHSCORES')[2])
end

-- The smallest window around `rank` in which services can stand `least` apart: first rank, size, and the order before the
-- first with the step to each next; nil when there is none.
local function window_around(live, rank, least)
  local count = redis.call('ZCARD', live)
  for _, size in ipairs(WINDOWS) do
    local from = math.max(rank - size / 2, 0)
    local to = math.min(from + size, count) - 1
    local n = to - from + 1
    local low = from > 0 and score_at(live, from - 1) or nil
    local high = to + 1 < count and score_at(live, to + 1) or nil
    local step, base = OPEN_STEP, low
    if low and high then
      step = math.floor((high - low) / (n + 1))
    elseif high then
      base = high - (n + 1) * step
    elseif not low then
      base = score_at(live, 0) - step
    end
    if step >= least and base + step >= 0 and base + n * step < TWO53 then return from, n, base, step end
  end
  return nil
end

local function call_in_slices(name, key, list)
  for i = 1, #list, SLICE do redis.call(name, key, unpack(list, i, math.min(i + SLICE - 1, #list))) end
end

-- New orders for a window of services around `rank`, which keep their sequence; false when even the largest has no room. One
-- event with a version of its own; service versions stay. Room for two more moves to the same place is looked for first,
-- as a wider window costs less than renumbering at each move.
local function renumber(q, rank, actor)
  local live = q.keys[3]
  local from, n, base, step = window_around(live, rank, 4)
  if not from then from, n, base, step = window_around(live, rank, 2) end
  if not from then return false end
  local ids = redis.call('ZRANGE', live, from, from + n - 1)
  local texts = redis.call('HMGET', q.keys[2], unpack(ids))
  local scores, waiting, records, list = {}, {}, {}, {}
  for i, id in ipairs(ids) do
    local order = fixed(base + i * step)
    local r = parse(texts[i])
    local before = term(id, r)
    r.order = order
    add_to_digest(q, term(id, r) - before)
    scores[#scores + 1], scores[#scores + 2] = order, id
    records[#records + 1], records[#records + 2] = id, write(r)
    if r.state == 'waiting' then waiting[#waiting + 1], waiting[#waiting + 2] = order, id end
    list[i] = id .. ':' .. order
  end
  q.version = q.version + 1
  call_in_slices('HSET', q.keys[2], records)
  call_in_slices('ZADD', live, scores)
  call_in_slices('ZADD', q.keys[4], waiting)
  emit(q, 'renumbered', actor, '', table.concat(list, ','))
  return true
end

local function move(q, c, r)
  local spot = place(q, c)
  if not spot then return refusal('bad_target') end
  local order
  if not spot.low and not spot.high then
    order = tonumber(r.order)
  else
    order = between(spot.low, spot.high)
    if not order then
      if not renumber(q, spot.rank, c.actor_name) then return refusal('overloaded') end
      r = parse(redis.call('HGET', q.keys[2], c.id))
      spot = place(q, c)
      order = between(spot.low, spot.high)
      if not order then
        -- Only at the very bounds of the numbers. The renumbering stands as a change of its own.
        close(q)
        return refusal('overloaded')
      end
    end
  end
  local text = apply(q, c.id, r, 'moved', c.actor_name, nil, nil, function(s) s.order = fixed(order) end)
  redis.call('ZADD', q.keys[3], r.order, c.id)
  return answer(q, '', c.id, text)
end

-- Commands, common part -----------------------------------------------------------------------------------------------

local WAITING, CLAIMED, SERVING = {waiting = true}, {claimed = true}, {serving = true}
local HELD = {claimed = true, serving = true}

-- The stored answer of an earlier command under the same key. It holds no rest of a record: that is taken from where
-- the service is now, so that erasing it there is enough; HEAD asks the caller to take it from the ended service.
local function replay(keys, stored, fingerprint)
  local told, version, lease_until, id, head = string.match(stored, '^([^\t]*)\t(%d+)\t(%d*)\t([^\t]+)\t(.*)$')
  if told ~= fingerprint then return refusal('idempotency_key_reused') end
  local text = redis.call('HGET', keys[2], id)
  if text then return {'OK', version, lease_until, '1', id, head .. '\t' .. parse(text).rest} end
  return {'HEAD', version, lease_until, '1', id, head}
end

local function find(q, c)
  local text = redis.call('HGET', q.keys[2], c.id)
  if text then return parse(text) end
  local ended = redis.call('GET', c.ended_key)
  if ended then
    local queue, state = string.match(ended, '^([^\t]*)\t1\t%d+\t([%l_]+)\t')
    if queue == q.name then return nil, refusal('illegal_transition', state) end
  end
  return nil, refusal('not_found')
end

local function check(q, c, r, rule)
  if c.if_version ~= '' and c.if_version ~= r.version then return refusal('version_mismatch', r.state) end
  if not rule.from[r.state] then return refusal('illegal_transition', r.state) end
  if rule.own and not c.any and r.submitter ~= c.actor then return refusal('not_owner', r.state) end
  if rule.held then
    if not c.any and r.holder ~= c.actor then return refusal('not_owner', r.state) end
    if c.fence == '' then
      if not c.any then return refusal('stale_fence', r.state) end
    elseif c.fence ~= r.fence then
      return refusal('stale_fence', r.state)
    end
  end
  return nil
end

-- KEYS: the eight, 9 idempotency key, 10 ended service (not for claim_next).
-- ARGV: 1 queue, 2 history, 3 life of the key in ms or 0, 4 fingerprint, 5 actor's id, 6 actor's name, 7 1 for one who may
-- act on what is not its own, 8 service, 9 service version seen or empty, 10 fence or empty, 11 lease in ms,
-- 12 target, 13 target's id.
local function perform(keys, args, run)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  if args[3] ~= '0' then
    local stored = redis.call('GET', keys[9])
    if stored then return replay(keys, stored, args[4]) end
  end
  local c = {ended_key = keys[10], actor = args[5], actor_name = args[6], any = args[7] == '1', id = args[8],
    if_version = args[9], fence = args[10], lease = tonumber(args[11]), target = args[12], target_id = args[13]}
  local reply = run(q, c)
  if reply[1] == 'OK' and args[3] ~= '0' then
    local stored = table.concat({args[4], reply[2], reply[3], reply[5], string.match(reply[6], HEAD)}, '\t')
    redis.call('SET', keys[9], stored, 'PX', args[3])
  end
  return reply
end

local function change(name, callback)
  redis.register_function{function_name = 'usher_@VERSION@_' .. name, callback = callback}
end

local function question(name, callback)
  redis.register_function{function_name = 'usher_@VERSION@_' .. name, callback = callback, flags = {'no-writes'}}
end

-- A command on one service. `from`: the states it may be in; `held`: only for who holds the claim, showing its fence;
-- `own`: only for who submitted it.
local function command(name, rule)
  change(name, function(keys, args)
    return perform(keys, args, function(q, c)
      local r, refused = find(q, c)
      if not r then return refused end
      return check(q, c, r, rule) or rule.run(q, c, r)
    end)
  end)
end

command('claim', {from = WAITING, run = claim})
command('start', {from = CLAIMED, held = true, run = start})
command('renew', {from = HELD, held = true, run = renew})
command('release', {from = HELD, held = true, run = release})
command('complete', {from = SERVING, held = true, run = ending('completed', 'completed')})
command('no_show', {from = HELD, held = true, run = ending('no_show', 'no_show')})
command('move', {from = WAITING, run = move})
command('remove', {from = LIVE, own = true, run = ending('cancelled', 'removed')})

change('claim_next', function(keys, args)
  return perform(keys, args, function(q, c)
    local first = redis.call('ZRANGE', keys[4], 0, 0)[1]
    if not first then return refusal('queue_empty') end
    c.id = first
    return claim(q, c, parse(redis.call('HGET', keys[2], first)))
  end)
end)

-- KEYS: the eight. ARGV: 1 queue, 2 history, 3 most services. Answers how many leases had ended.
change('sweep', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local due = redis.call('ZRANGEBYSCORE', keys[5], '-inf', fixed(q.now), 'LIMIT', 0, args[3])
  for _, id in ipairs(due) do
    apply(q, id, parse(redis.call('HGET', keys[2], id)), 'expired', 'system', nil, nil, back_to_waiting)
  end
  return {'OK', fixed(#due)}
end)

-- Submitting ----------------------------------------------------------------------------------------------------------

-- KEYS: the eight, then an idempotency key for each item. ARGV: 1 queue, 2 history, 3 life of the keys in ms, then for each
-- item: id, fingerprint, boost in ms, submitter, submitter's name, rest.
-- Answers OK, now, then four for each item: S version order ticket, or D id, or R code.
change('submit', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local now, reply = fixed(q.now), {'OK', fixed(q.now)}
  local records, scores, index = {}, {}, {}
  local seen = {}
  local function tell(a, b, c, d)
    local n = #reply
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = a, b, c or '', d or ''
  end
  for i = 9, #keys do
    local a = 4 + (i - 9) * 6
    local id, fingerprint, rest = args[a], args[a + 1], args[a + 5]
    local stored = redis.call('GET', keys[i])
    if stored then
      local told, known = string.match(stored, '^([^\t]*)\t(.*)$')
      if told == fingerprint then tell('D', known) else tell('R', 'idempotency_key_reused') end
    elseif seen[id] or redis.call('HEXISTS', keys[7], id) == 1 then
      tell('R', 'invalid_argument')
    else
      seen[id] = true
      local arrival = math.max(q.now * TICKS, q.last_arrival + ARRIVAL_GAP)
      local order = fixed(math.max(0, math.min(arrival - tonumber(args[a + 2]) * TICKS, TWO53 - 1)))
      q.last_arrival = arrival
      q.tickets = q.tickets + 1
      q.version = q.version + 1
      local r = {order = order, state = 'waiting', version = '1', attempts = '0', fence = '', holder = '',
        holder_name = '', claimed = '', started = '', ended = '', ticket = fixed(q.tickets), submitted = now,
        submitter = args[a + 3], rest = rest}
      local text = write(r)
      add_to_digest(q, term(id, r))
      local n = #records
      records[n + 1], records[n + 2] = id, text
      scores[n + 1], scores[n + 2] = order, id
      index[n + 1], index[n + 2] = id, q.name
      emit(q, 'added', args[a + 4], id, text)
      redis.call('SET', keys[i], fingerprint .. '\t' .. id, 'PX', args[3])
      tell('S', fixed(q.version), order, r.ticket)
    end
  end
  if #records > 0 then
    redis.call('HSET', keys[2], unpack(records))
    redis.call('ZADD', keys[3], unpack(scores))
    redis.call('ZADD', keys[4], unpack(scores))
    redis.call('HSET', keys[7], unpack(index))
    close(q)
  end
  return reply
end)

-- Queues of the site --------------------------------------------------------------------------------------------------

-- KEYS: 1 to 6 of the queue, 7 queues set, 8 control stream. ARGV: 1 queue, 2 new epoch, 3 most queues.
-- Answers 1 when it was made, also when the same call had made it before.
change('create_queue', function(keys, args)
  local epoch = redis.call('HGET', keys[1], 'epoch')
  if epoch then return {'OK', epoch == args[2] and '1' or '0'} end
  if redis.call('SCARD', keys[7]) >= tonumber(args[3]) and redis.call('SISMEMBER', keys[7], args[1]) == 0 then
    return refusal('invalid_argument')
  end
  redis.call('DEL', keys[2], keys[3], keys[4], keys[5], keys[6])
  redis.call('HSET', keys[1], 'version', '0', 'epoch', args[2], 'digest', '0', 'paused', '0', 'tickets', '0', 'last_arrival', '0')
  redis.call('SADD', keys[7], args[1])
  redis.call('XADD', keys[8], 'MAXLEN', '~', '1000', '*', 'q', args[1] .. '\t' .. args[2])
  return {'OK', '1'}
end)

-- Questions -----------------------------------------------------------------------------------------------------------

-- Version, epoch, digest, paused, how many live, how many waiting.
local function summary(keys)
  local m = redis.call('HMGET', keys[1], 'version', 'epoch', 'digest', 'paused')
  if not m[1] then return nil end
  return {'OK', m[1], m[2], m[3], m[4], fixed(redis.call('ZCARD', keys[3])), fixed(redis.call('ZCARD', keys[4]))}
end

-- What one answer may still hold: `limit` entries and PAGE_BYTES. `step` is how many to read next.
local function page(reply, limit)
  return {reply = reply, left = limit, bytes = PAGE_BYTES, scan = SCAN_BYTES, step = FIRST_STEP, is_empty = true,
    is_full = limit <= 0}
end

-- Whether an entry of that size belongs on the page. The first always does.
local function takes(p, size)
  if size > p.bytes and not p.is_empty then
    p.is_full = true
    return false
  end
  p.bytes, p.left, p.is_empty = p.bytes - size, p.left - 1, false
  if p.left == 0 then p.is_full = true end
  return true
end

local function next_step(p)
  local step = p.step
  p.step = math.min(2 * step, LAST_STEP)
  return step
end

-- Appends id and record of each, as far as `wanted` (nil: all) has its state, until the page is full. Answers how many
-- were looked at; the one that was too long is not among them.
local function append(p, svc, window, wanted)
  local ids, reply = {}, p.reply
  for i = 1, #window, 2 do ids[#ids + 1] = window[i] end
  local texts = redis.call('HMGET', svc, unpack(ids))
  for i, id in ipairs(ids) do
    local text = texts[i]
    p.scan = p.scan - #text
    if not wanted or wanted[string.match(text, '^1\t%d+\t([%l_]+)')] then
      if not takes(p, #id + #text) then return i - 1 end
      reply[#reply + 1], reply[#reply + 2] = id, text
      if p.is_full then return i end
    end
  end
  return #ids
end

-- KEYS: meta, svc, live, wait. ARGV: 1 most services. Answers the summary, then id and record of each in order.
question('snapshot', function(keys, args)
  local reply = summary(keys)
  if not reply then return refusal('unknown_queue') end
  local p, rank = page(reply, tonumber(args[1])), 0
  while not p.is_full do
    local window = redis.call('ZRANGE', keys[3], rank, rank + math.min(p.left, next_step(p)) - 1, 'WITHSCORES')
    if #window == 0 then break end
    rank = rank + append(p, keys[2], window)
  end
  return reply
end)

question('summary', function(keys)
  return summary(keys) or refusal('unknown_queue')
end)

-- KEYS: meta, svc, live, wait, and the set to walk. ARGV: 1 limit, 2 most to look at, 3 order and 4 id to begin after, or
-- empty, then the states wanted, none for all. Answers the summary, order and id of the last place that was looked at (empty
-- at the end), then id and record of each.
question('list', function(keys, args)
  local reply = summary(keys)
  if not reply then return refusal('unknown_queue') end
  reply[8], reply[9] = '', ''
  local walk, p, scan = keys[5], page(reply, tonumber(args[1])), tonumber(args[2])
  local wanted
  for i = 5, #args do
    wanted = wanted or {}
    wanted[args[i]] = true
  end
  local rank = 0
  if args[3] ~= '' then
    rank = redis.call('ZCOUNT', walk, '-inf', '(' .. args[3])
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', walk, args[3], args[3], 'LIMIT', 0, 1000)) do
      if id <= args[4] then rank = rank + 1 end
    end
  end
  while not p.is_full and scan > 0 and p.scan > 0 do
    local most = math.min(next_step(p), scan, wanted and scan or p.left)
    local window = redis.call('ZRANGE', walk, rank, rank + most - 1, 'WITHSCORES')
    if #window == 0 then
      reply[8], reply[9] = '', ''
      return reply
    end
    local looked = append(p, keys[2], window, wanted)
    scan, rank = scan - looked, rank + looked
    if looked > 0 then reply[8], reply[9] = fixed(tonumber(window[2 * looked])), window[2 * looked - 1] end
  end
  if rank >= redis.call('ZCARD', walk) then reply[8], reply[9] = '', '' end
  return reply
end)

-- KEYS: meta, ev. ARGV: 1 epoch or empty, 2 version, 3 limit. Answers OK or GONE, epoch, version, then the events.
question('events', function(keys, args)
  local m = redis.call('HMGET', keys[1], 'epoch', 'version')
  if not m[1] then return refusal('unknown_queue') end
  local reply = {'OK', m[1], m[2]}
  local after, current = tonumber(args[2]), tonumber(m[2])
  if (args[1] ~= '' and args[1] ~= m[1]) or after > current then return {'GONE', m[1], m[2]} end
  if after == current then return reply end
  local p, from = page(reply, tonumber(args[3])), fixed(after + 1) .. '-0'
  while not p.is_full do
    local entries = redis.call('XRANGE', keys[2], from, '+', 'COUNT', math.min(p.left, next_step(p)))
    if p.is_empty and (#entries == 0 or entries[1][1] ~= from) then return {'GONE', m[1], m[2]} end
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do
      local line = entry[2][2]
      if p.is_full or not takes(p, #line) then break end
      reply[#reply + 1] = line
    end
    from = '(' .. entries[#entries][1]
  end
  return reply
end)

-- KEYS: index, ended service. Answers LIVE queue, ENDED queue and record, or nothing.
question('locate', function(keys, args)
  local queue = redis.call('HGET', keys[1], args[1])
  if queue then return {'LIVE', queue} end
  local ended = redis.call('GET', keys[2])
  if ended then return {'ENDED', ended} end
  return {'NONE'}
end)
