#!lua name=usher_@VERSION@
-- The queues of one site. Every function is one atomic step: it checks everything, then writes everything, because
-- Redis isolates a function but does not roll it back. @VERSION@ is a hash of this text, so that servers of two
-- versions can share one Redis.
--
-- Keys of a queue, in this order at the front of KEYS of every change:
--   1 meta   hash: version, epoch, digest, mode (open, paused, draining), tickets, last_arrival, how many services are
--            scheduled, waiting, claimed, serving and on_hold, and needs: how many live services require a set of skills,
--            such as `german:3 german,towing:1`; the words of a set in the order of their bytes are its signature
--   2 svc    hash: id -> record of every live service
--   3 live   sorted set: every id by order
--   4 wait   sorted set: ids by order of those that wait and require no skills
--   5 need   sorted set, all scores 0, so in the order of its members: SIGNATURE|order in 16 digits|id of those that wait
--            and require skills
--   6 due    sorted set: ids by the millisecond at which something happens by itself: a scheduled service is in line, a lease or
--            a hold ends
--   7 ev     stream: <version>-0 -> e = event
--   8 staff  sorted set: employees by the millisecond of their last act here; an hour of them
--   9 times  list: the last handling times in milliseconds, newest first
-- and of the site:
--   10 index   hash: id -> queue of every live service
--   11 outbox  stream: * -> e = event, every one but renumberings, until the history has it
--   12 load    hash: employee -> how many services it has claimed or is serving; no zeros
-- Keys for one thing each: an idempotency key -> what was answered; an ended service -> queue, tab, record, for a day.
-- And: queues, the set of their names; control, a stream that tells of new epochs: * -> q = queue, epoch, version by tabs.
--
-- The outbox has a second reader while somebody reads for it, `events`, which publishes changes to others:
--   readers  hash: events -> id up to where it has everything, events_read -> the millisecond when somebody last read for it, about. No
--            such fields while it is not enrolled
--   kept     sorted set, all scores 0, so in the order of its members: id in 16-16 digits, tab, event, of what the history has and
--            `events` lacks, without what concerns persons
--
-- Who watches a queue, for which nothing need survive:
--   nodes      sorted set: api processes by the millisecond at which they count as dead
--   announced  hash: node -> the number of its last announcement
--   node:NODE  set of what the node has announced, for when it dies: queue, connection by a tab
--   q:QUEUE:who  hash: connection -> format 1, node, user's id, level, user's name by tabs
--   presence   stream of who came and went: * -> p = lines of format 1, joined or left, queue, connection, user's id, level, name by tabs
--
-- A record is one line, fields by tabs: format 2, order, state, version, attempts, fence, holder's id, holder's name,
-- claimed at, started at, held at, hold until, ended at, scheduled for, priority, requires, ticket, submitted at, submitter, rest.
-- The rest is not looked into; it may hold any bytes, tabs too.
-- An event is one line: format 2, queue, epoch, version, digest, at, actor, kind, id, record. The kind may have a detail after
-- a colon: added[:FROM] due reprioritised repaired erased moved claimed started held resumed returned:REASON transferred:TO completed
-- no_show removed dead:REASON mode:MODE renumbered. The record is the service after the change, of transferred as it is in
-- TO; renumbered has instead id:order,id:order and no id, mode neither.
-- Numbers are decimal, what is not there is empty. Sums stay below 2^53, where Lua's numbers are exact.
--
-- While the library is loaded only redis.register_function is there: no string, no pairs, no redis.call.

local TWO48 = 281474976710656
local TWO53 = 9007199254740992
local TICKS = 4096             -- of order in a millisecond
local BOOST_STEP = 600000      -- milliseconds of head start for each level of priority above 4
local ARRIVAL_GAP = 8          -- between two arrivals of one priority
local OPEN_STEP = 64           -- between renumbered services at the beginning of the queue
local WINDOWS = {64, 128, 256, 512} -- services that one renumbering may concern
local MOST_AHEAD = 31622400000 -- a service may be scheduled: 366 days
local MOST_SIGNATURES = 64     -- of a queue
local ENDED_TTL = '86400000'
local ACTIVE = 900000          -- since its last act an employee counts as active
local STAFF_KEPT = 3600000
local MOST_TIMES = 100
local CHUNK_BYTES = 524288     -- of ids, records and events in one answer; one at least is answered, however long
local SCAN_BYTES = 1048576     -- of records that one answer looks at
local FIRST_STEP = 16          -- records or events read at a time: few first, since they may be long; then twice as many
local LAST_STEP = 128
local SLICE = 1000             -- arguments at a time, far below the 7,999 that unpack can give
local MOST_NODES = 1000        -- of a site
local PRESENCE_LINES = 100     -- in one entry of the stream
local PRESENCE_KEPT = '1000'   -- entries of that stream: who reads it is seconds behind at most
local STREAM_BLOCK = 100       -- entries of a stream in one block, if Redis' own setting stands
local MOST_COPIED = 500        -- entries of a stream that is written anew
local READ_NOTED = 30000       -- how exactly it is known when somebody last read for `events`
local MOST_LOOKED_AT = 8       -- of the line, for the longest wait
local MOST_COUNTED = 1000      -- entries of the outbox that are counted one by one
local OWN = '-'                -- fingerprint of a command whose key is the Broker's own

local RECORD = '^2\t(%d+)\t([%l_]+)\t(%d+)\t(%d+)\t(%d*)\t([^\t]*)\t([^\t]*)\t(%d*)\t(%d*)\t(%d*)\t(%d*)\t(%d*)\t(%d*)\t(%d)'
  .. '\t([^\t]*)\t(%d+)\t(%d+)\t([^\t]*)\t(.*)$'
local FIELD = '\t[^\t]*'
local SIX = FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD
local HEAD = '^2' .. SIX .. SIX .. SIX
local REQUIRES = '^2' .. SIX .. SIX .. FIELD .. FIELD .. '\t([^\t]*)'
local EVENT_SERVICE = '^2' .. SIX .. FIELD .. '\t([^\t]*)\t()'
local EVENT_ACTOR = '^(2' .. FIELD .. FIELD .. FIELD .. FIELD .. FIELD .. '\t)[^\t]*(' .. FIELD .. '\t([^\t]*)\t)(.*)$'

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
  r.order, r.state, r.version, r.attempts, r.fence, r.holder, r.holder_name, r.claimed, r.started, r.held, r.hold_until,
    r.ended, r.scheduled_for, r.priority, r.requires, r.ticket, r.submitted, r.submitter, r.rest = string.match(text, RECORD)
  if not r.order then error('a record is not readable') end
  return r
end

local function write(r)
  return table.concat({'2', r.order, r.state, r.version, r.attempts, r.fence, r.holder, r.holder_name, r.claimed, r.started,
    r.held, r.hold_until, r.ended, r.scheduled_for, r.priority, r.requires, r.ticket, r.submitted, r.submitter, r.rest}, '\t')
end

local function forget_claim(r)
  r.fence, r.holder, r.holder_name, r.claimed, r.started, r.held, r.hold_until, r.ended = '', '', '', '', '', '', '', ''
end

-- What a live service adds to the digest.
local function term_of(id, order, state, version)
  return tonumber(string.sub(redis.sha1hex(id .. '|' .. order .. '|' .. state .. '|' .. version), 1, 12), 16)
end

local function term(id, r)
  return term_of(id, r.order, r.state, r.version)
end

-- Queues --------------------------------------------------------------------------------------------------------------

-- nil when there is none.
local function open(keys, name, history)
  local m = redis.call('HMGET', keys[1], 'version', 'epoch', 'digest', 'mode', 'tickets', 'last_arrival', 'needs',
    'scheduled', 'waiting', 'claimed', 'serving', 'on_hold')
  if not m[1] then return nil end
  return {keys = keys, name = name, history = history, version = tonumber(m[1]), epoch = m[2], digest = tonumber(m[3]),
    mode = m[4], tickets = tonumber(m[5]), last_arrival = tonumber(m[6]), needs_text = m[7], now = now_ms(),
    counts = {scheduled = tonumber(m[8]), waiting = tonumber(m[9]), claimed = tonumber(m[10]), serving = tonumber(m[11]),
      on_hold = tonumber(m[12])},
    changed = {}}
end

-- Writes what has changed of its meta; every change must end with it.
local function close(q)
  local fields = {'version', fixed(q.version), 'digest', fixed(q.digest)}
  local n = 4
  for name in pairs(q.changed) do
    local value
    if name == 'needs' then
      local list = {}
      for signature, count in pairs(q.needs) do list[#list + 1] = signature .. ':' .. fixed(count) end
      value = table.concat(list, ' ')
    elseif name == 'mode' then value = q.mode
    else value = fixed(q.counts[name] or q[name])
    end
    fields[n + 1], fields[n + 2] = name, value
    n = n + 2
  end
  redis.call('HSET', q.keys[1], unpack(fields))
end

local function add_to_digest(q, change)
  q.digest = (q.digest + change) % TWO48
end

local function count(q, state, by)
  q.counts[state] = q.counts[state] + by
  q.changed[state] = true
end

local function next_ticket(q)
  q.tickets = q.tickets + 1
  q.changed.tickets = true
  return fixed(q.tickets)
end

-- Signature -> number of live services that require it.
local function needs(q)
  if not q.needs then
    q.needs, q.signatures = {}, 0
    for signature, number in string.gmatch(q.needs_text, '([^: ]+):(%d+)') do
      q.needs[signature] = tonumber(number)
      q.signatures = q.signatures + 1
    end
  end
  return q.needs
end

-- Whether a service that requires this would bring one signature too many.
local function is_full_for(q, requires)
  return requires ~= '' and not needs(q)[requires] and q.signatures >= MOST_SIGNATURES
end

local function need(q, requires, by)
  if requires == '' then return end
  local counts = needs(q)
  local was = counts[requires] or 0
  if was == 0 then q.signatures = q.signatures + 1 end
  if was + by == 0 then
    counts[requires] = nil
    q.signatures = q.signatures - 1
  else
    counts[requires] = was + by
  end
  q.changed.needs = true
end

-- Appends the event of the change that q.version counts. The history takes all but renumberings.
local function emit(q, kind, actor, id, body)
  local version = fixed(q.version)
  local line = table.concat({'2', q.name, q.epoch, version, fixed(q.digest), fixed(q.now), actor, kind, id, body}, '\t')
  redis.call('XADD', q.keys[7], 'MAXLEN', '~', q.history, version .. '-0', 'e', line)
  if kind ~= 'renumbered' then redis.call('XADD', q.keys[11], '*', 'e', line) end
end

-- Services in their queue ---------------------------------------------------------------------------------------------

local TIMED = {scheduled = true, claimed = true, serving = true, on_hold = true}
local HANDLED = {claimed = true, serving = true}

-- The place in `need` of a service that waits; all those of one signature are between its two ends.
local function member(requires, order, id)
  return requires .. '|' .. string.format('%016.0f', order) .. '|' .. id
end

local function first_end(signature) return '[' .. signature .. '|' end
local function last_end(signature) return '(' .. signature .. '}' end

local function member_place(text)
  local order, id = string.match(text, '^[^|]*|(%d+)|(.*)$')
  return tonumber(order), id
end

local function line_up(q, id, order, requires)
  if requires == '' then redis.call('ZADD', q.keys[4], order, id)
  else redis.call('ZADD', q.keys[5], 0, member(requires, order, id))
  end
end

local function leave_line(q, id, order, requires)
  if requires == '' then redis.call('ZREM', q.keys[4], id)
  else redis.call('ZREM', q.keys[5], member(requires, order, id))
  end
end

local function load_of(q, employee)
  return tonumber(redis.call('HGET', q.keys[12], employee) or 0)
end

local function add_load(q, employee, by)
  if redis.call('HINCRBY', q.keys[12], employee, by) == 0 then redis.call('HDEL', q.keys[12], employee) end
end

local function acted(q, employee)
  local staff = q.keys[8]
  redis.call('ZADD', staff, fixed(q.now), employee)
  redis.call('ZREMRANGEBYSCORE', staff, '-inf', fixed(q.now - STAFF_KEPT))
end

-- A service that is not in this queue comes into it; `timer` is its place in `due`, nil for one that waits.
local function enter(q, id, r, kind, actor, timer)
  local keys, text = q.keys, write(r)
  q.version = q.version + 1
  add_to_digest(q, term(id, r))
  count(q, r.state, 1)
  need(q, r.requires, 1)
  redis.call('HSET', keys[2], id, text)
  redis.call('ZADD', keys[3], r.order, id)
  if r.state == 'waiting' then line_up(q, id, r.order, r.requires) end
  if timer then redis.call('ZADD', keys[6], timer, id) end
  redis.call('HSET', keys[10], id, q.name)
  close(q)
  emit(q, kind, actor, id, text)
  return text
end

-- Takes a live service, as it is, out of all that its queue holds.
local function take_out(q, id, r)
  local keys = q.keys
  add_to_digest(q, -term(id, r))
  count(q, r.state, -1)
  need(q, r.requires, -1)
  redis.call('HDEL', keys[2], id)
  redis.call('ZREM', keys[3], id)
  if r.state == 'waiting' then leave_line(q, id, r.order, r.requires) else redis.call('ZREM', keys[6], id) end
  if HANDLED[r.state] then add_load(q, r.holder, -1) end
end

-- A live service is another after `change(r)`, and still lives.
local function alter(q, id, r, kind, actor, timer, change)
  local keys = q.keys
  local before, was, order, requires, holder = term(id, r), r.state, r.order, r.requires, r.holder
  q.version = q.version + 1
  change(r)
  r.version = fixed(r.version + 1)
  local text = write(r)
  add_to_digest(q, term(id, r) - before)
  if was ~= r.state then
    count(q, was, -1)
    count(q, r.state, 1)
  end
  if requires ~= r.requires then
    need(q, requires, -1)
    need(q, r.requires, 1)
  end
  redis.call('HSET', keys[2], id, text)
  local has_moved = order ~= r.order or requires ~= r.requires
  if order ~= r.order then redis.call('ZADD', keys[3], r.order, id) end
  if has_moved or r.state ~= was then
    if was == 'waiting' then leave_line(q, id, order, requires) end
    if r.state == 'waiting' then line_up(q, id, r.order, r.requires) end
  end
  if timer then redis.call('ZADD', keys[6], timer, id)
  elseif TIMED[was] and not TIMED[r.state] then redis.call('ZREM', keys[6], id)
  end
  local had, has = HANDLED[was] and holder, HANDLED[r.state] and r.holder
  if had ~= has then
    if had then add_load(q, had, -1) end
    if has then add_load(q, has, 1) end
  end
  close(q)
  emit(q, kind, actor, id, text)
  return text
end

-- A live service ends in `state` after `change(r)`.
local function finish(q, id, r, state, kind, actor, ended_key, change)
  take_out(q, id, r)
  q.version = q.version + 1
  r.state, r.ended, r.hold_until, r.version = state, fixed(q.now), '', fixed(r.version + 1)
  if change then change(r) end
  local text = write(r)
  redis.call('HDEL', q.keys[10], id)
  redis.call('SET', ended_key, q.name .. '\t' .. text, 'PX', ENDED_TTL)
  close(q)
  emit(q, kind, actor, id, text)
  return text
end

-- Back to waiting at its old place, or dead when that was too often.
local function come_back(q, id, r, reason, actor, most_attempts, ended_key)
  local attempts = fixed(r.attempts + 1)
  if r.attempts + 1 >= tonumber(most_attempts) then
    return finish(q, id, r, 'dead', 'dead:' .. reason, actor, ended_key, function(s) s.attempts = attempts end)
  end
  return alter(q, id, r, 'returned:' .. reason, actor, nil, function(s)
    s.state, s.attempts = 'waiting', attempts
    forget_claim(s)
  end)
end

-- The first and the last of those that wait ----------------------------------------------------------------------------

local function words(list)
  local set = {}
  for word in string.gmatch(list, '[^,]+') do set[word] = true end
  return set
end

local function covers(skills, signature)
  for word in string.gmatch(signature, '[^,]+') do
    if not skills[word] then return false end
  end
  return true
end

local function stands_before(order, id, other_order, other_id)
  return order < other_order or (order == other_order and id < other_id)
end

-- The id of the first that waits and requires no more than these skills; nil when there is none.
local function first_waiting(q, skills)
  local keys = q.keys
  local first = redis.call('ZRANGE', keys[4], 0, 0, 'WITHSCORES')
  local id, order = first[1], tonumber(first[2] or 0)
  if q.needs_text == '' or skills == '' then return id end
  local held = words(skills)
  for signature in pairs(needs(q)) do
    if covers(held, signature) then
      local found = redis.call('ZRANGEBYLEX', keys[5], first_end(signature), last_end(signature), 'LIMIT', 0, 1)[1]
      if found then
        local other_order, other_id = member_place(found)
        if not id or stands_before(other_order, other_id, order, id) then id, order = other_id, other_order end
      end
    end
  end
  return id
end

-- The id of the last that waits, other than `self`; nil when there is none.
local function last_waiting(q, self)
  local keys = q.keys
  local id, order
  local function consider(other_order, other_id)
    if other_id ~= self and (not id or stands_before(order, id, other_order, other_id)) then
      id, order = other_id, other_order
    end
  end
  local last = redis.call('ZREVRANGE', keys[4], 0, 1, 'WITHSCORES')
  for i = 1, #last, 2 do consider(tonumber(last[i + 1]), last[i]) end
  if q.needs_text ~= '' then
    for signature in pairs(needs(q)) do
      local found = redis.call('ZREVRANGEBYLEX', keys[5], last_end(signature), first_end(signature), 'LIMIT', 0, 2)
      for _, text in ipairs(found) do consider(member_place(text)) end
    end
  end
  return id
end

-- How many of a sorted set stand before the place of `order` and `id`, whether that is in it or not.
local function rank_of(set, order, id)
  local low = redis.call('ZCOUNT', set, '-inf', '(' .. order)
  local high = low + redis.call('ZCOUNT', set, order, order)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', set, middle, middle)[1] < id then low = middle + 1 else high = middle end
  end
  return low
end

-- No id stands between this one and that.
local function just_after(id)
  return id .. '~'
end

-- How many wait before the place of `order` and `id`.
local function ahead_of(wait, need_set, needs_text, order, id)
  local ahead = rank_of(wait, order, id)
  for signature in string.gmatch(needs_text, '([^: ]+):') do
    ahead = ahead + redis.call('ZLEXCOUNT', need_set, first_end(signature), '(' .. member(signature, order, id))
  end
  return ahead
end

-- Commands. Each is given the queue, its arguments `c` and the record `r`, with every common check passed, and answers the reply
-- and what is kept of it under the idempotency key.

-- Version, end of the lease, whether it is a replay, id, record, epoch, queue.
local function answer(q, lease_until, id, text)
  local version = fixed(q.version)
  return {'OK', version, lease_until, '0', id, text, q.epoch, q.name},
    table.concat({'S', version, lease_until, q.name, id, string.match(text, HEAD)}, '\t')
end

local function is_at_capacity(q, c, employee)
  return c.capacity ~= '' and load_of(q, employee) >= tonumber(c.capacity)
end

local function take(q, c, r, employee, employee_name)
  local lease_until = fixed(q.now + c.duration)
  local text = alter(q, c.id, r, 'claimed', c.actor_name, lease_until, function(s)
    forget_claim(s)
    s.state, s.fence, s.holder, s.holder_name, s.claimed = 'claimed', fixed(q.version), employee, employee_name, fixed(q.now)
  end)
  acted(q, employee)
  return answer(q, lease_until, c.id, text)
end

-- For an employee, of whom no skills are asked when `has_all`.
local function take_for(q, c, r, employee, employee_name, has_all)
  if r.state == 'waiting' and q.mode == 'paused' then return refusal('queue_paused', r.state) end
  if not has_all and not covers(words(c.skills), r.requires) then return refusal('missing_skill', r.state) end
  if is_at_capacity(q, c, employee) then return refusal('at_capacity', r.state) end
  return take(q, c, r, employee, employee_name)
end

local function claim(q, c, r)
  return take_for(q, c, r, c.actor, c.actor_name, c.any)
end

local function claim_next(q, c)
  if q.mode == 'paused' then return refusal('queue_paused') end
  if is_at_capacity(q, c, c.actor) then return refusal('at_capacity') end
  c.id = first_waiting(q, c.skills)
  if not c.id then return refusal('queue_empty') end
  return take(q, c, parse(redis.call('HGET', q.keys[2], c.id)), c.actor, c.actor_name)
end

local function start(q, c, r)
  local lease_until = fixed(q.now + c.duration)
  local text = alter(q, c.id, r, 'started', c.actor_name, lease_until, function(s)
    s.state, s.started = 'serving', fixed(q.now)
  end)
  acted(q, r.holder)
  return answer(q, lease_until, c.id, text)
end

-- No event, no version: the queue is as before.
local function renew(q, c, r)
  local lease_until = fixed(q.now + c.duration)
  redis.call('ZADD', q.keys[6], lease_until, c.id)
  return answer(q, lease_until, c.id, write(r))
end

local function hold(q, c, r)
  local hold_until = fixed(q.now + c.duration)
  local text = alter(q, c.id, r, 'held', c.actor_name, hold_until, function(s)
    s.state, s.held, s.hold_until = 'on_hold', fixed(q.now), hold_until
  end)
  return answer(q, '', c.id, text)
end

local function resume(q, c, r)
  if r.holder == c.actor and is_at_capacity(q, c, c.actor) then return refusal('at_capacity', r.state) end
  local lease_until = fixed(q.now + c.duration)
  local text = alter(q, c.id, r, 'resumed', c.actor_name, lease_until, function(s)
    s.state, s.hold_until = s.started == '' and 'claimed' or 'serving', ''
  end)
  acted(q, r.holder)
  return answer(q, lease_until, c.id, text)
end

local function release(q, c, r)
  return answer(q, '', c.id, come_back(q, c.id, r, 'released', c.actor_name, c.most_attempts, c.ended_key))
end

-- By the one who had it: a hold is no handling, so the time of one that was held does not count. The clock of a Redis that took
-- over may be behind.
local function handled(state, kind)
  return function(q, c, r)
    acted(q, r.holder)
    if r.held == '' then
      redis.call('LPUSH', q.keys[9], fixed(math.max(q.now - r.claimed, 0)))
      redis.call('LTRIM', q.keys[9], 0, MOST_TIMES - 1)
    end
    return answer(q, '', c.id, finish(q, c.id, r, state, kind, c.actor_name, c.ended_key))
  end
end

local function remove(q, c, r)
  if not c.any and r.submitter ~= c.actor then return refusal('not_owner', r.state) end
  return answer(q, '', c.id, finish(q, c.id, r, 'cancelled', 'removed', c.actor_name, c.ended_key))
end

local function clamped(order)
  return math.max(0, math.min(order, TWO53 - 1))
end

local function boost(priority)
  return (tonumber(priority) - 4) * BOOST_STEP * TICKS
end

local function reprioritise(q, c, r)
  local text = alter(q, c.id, r, 'reprioritised', c.actor_name, nil, function(s)
    s.order = fixed(clamped(s.order - (boost(c.target) - boost(s.priority))))
    s.priority = c.target
  end)
  return answer(q, '', c.id, text)
end

-- Moving --------------------------------------------------------------------------------------------------------------

local function is_scheduled(q, id)
  return q.counts.scheduled > 0 and string.match(redis.call('HGET', q.keys[2], id) or '', '^2\t%d+\t([%l_]+)') == 'scheduled'
end

-- The rank of the place that `c` names; nil when there is no such place; false when the service is to stay where it is.
local function rank_of_place(q, c)
  local live = q.keys[3]
  if c.target == 'first' then return 0 end
  if c.target == 'last' then
    local last = last_waiting(q, c.id)
    return last and redis.call('ZRANK', live, last) + 1 or false
  end
  if c.target_id == c.id then return nil end
  local rank = redis.call('ZRANK', live, c.target_id)
  if not rank or is_scheduled(q, c.target_id) then return nil end
  return c.target == 'after' and rank + 1 or rank
end

-- The orders of the services before and after that rank, the moved one left out; either may be nil. And the id of the one after.
local function neighbours(q, rank, id)
  local low, high, high_id
  local from = math.max(rank - 2, 0)
  local near = redis.call('ZRANGE', q.keys[3], from, rank + 1, 'WITHSCORES')
  for i = 1, #near, 2 do
    if near[i] ~= id then
      local at = from + (i - 1) / 2
      if at < rank then low = tonumber(near[i + 1])
      elseif not high then high, high_id = tonumber(near[i + 1]), near[i]
      end
    end
  end
  return low, high, high_id
end

-- An order strictly between the two; nil when there is none. Never by their sum, which may be above 2^53.
local function between(low, high)
  local order
  if not low then order = high - TICKS
  elseif not high then order = low + TICKS
  else
    order = low + math.floor((high - low) / 2)
    if order <= low or order >= high then return nil end
  end
  if order < 0 then
    order = math.floor(high / 2)
    if order >= high then return nil end
  elseif order >= TWO53 then
    order = low + math.floor((TWO53 - low) / 2)
    if order <= low then return nil end
  end
  return order
end

-- The order at the place, nil when there is no room, and the place's rank. Nothing when there is no such place.
local function spot(q, c, r)
  local rank = rank_of_place(q, c)
  if rank == nil then return nil end
  if not rank then return {order = tonumber(r.order)} end
  local low, high, high_id = neighbours(q, rank, c.id)
  if not low and not high then return {order = tonumber(r.order), rank = rank} end
  local order = between(low, high)
  -- What is not due yet stands in the future, and nobody is to be moved there.
  if order and low and high and is_scheduled(q, high_id) then order = math.min(order, low + TICKS) end
  return {order = order, rank = rank}
end

local function score_at(live, rank)
  return tonumber(redis.call('ZRANGE', live, rank, rank, 'WITHSCORES')[2])
end

-- The smallest window around `rank` in which services can stand `least` apart: first rank, size, and the order before the
-- first with the step to each next; nil when there is none. The last service of the queue never is in it: were it far
-- in the future, the others would be drawn there.
local function window_around(live, rank, least)
  local all = redis.call('ZCARD', live)
  for _, size in ipairs(WINDOWS) do
    local from = math.max(rank - size / 2, 0)
    local to = math.min(from + size, all - 1) - 1
    local n = to - from + 1
    if n >= 1 then
      local high = score_at(live, to + 1)
      local low
      if from > 0 then low = score_at(live, from - 1)
      else low = math.min(score_at(live, 0) - TICKS, high - (n + 1) * OPEN_STEP)
      end
      local step = math.floor((high - low) / (n + 1))
      if step >= least and low + step >= 0 then return from, n, low, step end
    end
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
  local keys, live = q.keys, q.keys[3]
  local from, n, base, step = window_around(live, rank, 4)
  if not from then from, n, base, step = window_around(live, rank, 2) end
  if not from then return false end
  local ids = redis.call('ZRANGE', live, from, from + n - 1)
  local texts = redis.call('HMGET', keys[2], unpack(ids))
  local match, gsub, sub, format = string.match, string.gsub, string.sub, string.format
  local sha1hex, number = redis.sha1hex, tonumber
  local scores, waiting, records, list, gone, come = {}, {}, {}, {}, {}, {}
  local change, w, m = 0, 0, 0
  for i = 1, n do
    local id, text, order = ids[i], texts[i], format('%.0f', base + i * step)
    local old, state, version = match(text, '^2\t(%d+)\t([%l_]+)\t(%d+)')
    local tail = '|' .. state .. '|' .. version
    local was, is = sha1hex(id .. '|' .. old .. tail), sha1hex(id .. '|' .. order .. tail)
    change = (change + number(sub(is, 1, 12), 16) - number(sub(was, 1, 12), 16)) % TWO48
    scores[2 * i - 1], scores[2 * i] = order, id
    records[2 * i - 1], records[2 * i] = id, gsub(text, '^2\t%d+', '2\t' .. order, 1)
    if state == 'waiting' then
      local requires = q.needs_text == '' and '' or match(text, REQUIRES)
      if requires == '' then
        waiting[w + 1], waiting[w + 2] = order, id
        w = w + 2
      else
        m = m + 1
        gone[m] = member(requires, old, id)
        come[2 * m - 1], come[2 * m] = '0', member(requires, order, id)
      end
    end
    list[i] = id .. ':' .. order
  end
  q.version = q.version + 1
  call_in_slices('HSET', keys[2], records)
  call_in_slices('ZADD', live, scores)
  call_in_slices('ZADD', keys[4], waiting)
  call_in_slices('ZREM', keys[5], gone)
  call_in_slices('ZADD', keys[5], come)
  add_to_digest(q, change)
  emit(q, 'renumbered', actor, '', table.concat(list, ','))
  return true
end

local function move(q, c, r)
  local place = spot(q, c, r)
  if not place then return refusal('bad_target', r.state) end
  if not place.order then
    if not renumber(q, place.rank, c.actor_name) then return refusal('overloaded') end
    r = parse(redis.call('HGET', q.keys[2], c.id))
    place = spot(q, c, r)
    if not place.order then
      -- Only at the very bounds of the numbers. The renumbering stands as a change of its own.
      close(q)
      return refusal('overloaded')
    end
  end
  local text = alter(q, c.id, r, 'moved', c.actor_name, nil, function(s) s.order = fixed(place.order) end)
  return answer(q, '', c.id, text)
end

-- Commands, common part -----------------------------------------------------------------------------------------------

local SCHEDULED_OR_WAITING = {scheduled = true, waiting = true}
local WAITING, CLAIMED, SERVING, ON_HOLD = {waiting = true}, {claimed = true}, {serving = true}, {on_hold = true}
local HELD = {claimed = true, serving = true, on_hold = true}
local WAITING_OR_HELD = {waiting = true, claimed = true, serving = true, on_hold = true}
local LIVE = {scheduled = true, waiting = true, claimed = true, serving = true, on_hold = true}

-- Refusals that are not kept under a key: the same command may be carried out later.
local FLEETING = {unknown_queue = true, overloaded = true, idempotency_key_reused = true}

-- The stored answer of an earlier command under the same key. It holds no rest of a record: that is taken from where
-- the service is now, so that erasing it there is enough; HEAD asks the caller to find it elsewhere.
local function replay(q, stored, fingerprint)
  local told, kind, body = string.match(stored, '^([^\t]*)\t(%u)\t(.*)$')
  if told ~= fingerprint then return refusal('idempotency_key_reused') end
  if kind == 'R' then return refusal(string.match(body, '^([^\t]*)\t(.*)$')) end
  if kind == 'M' then
    local version, mode = string.match(body, '^(%d+)\t(.*)$')
    return {'OK', version, mode, '1', q.epoch}
  end
  local version, lease_until, queue, id, head = string.match(body, '^(%d+)\t(%d*)\t([^\t]+)\t([^\t]+)\t(.*)$')
  local text = redis.call('HGET', q.keys[2], id)
  if text then return {'OK', version, lease_until, '1', id, head .. '\t' .. parse(text).rest, q.epoch, queue} end
  return {'HEAD', version, lease_until, '1', id, head, q.epoch, queue}
end

-- The state and record of the service when it has ended in this queue.
local function find_ended(q, c)
  local ended = redis.call('GET', c.ended_key)
  if not ended then return nil end
  local queue, text = string.match(ended, '^([^\t]*)\t(.*)$')
  return queue == q.name and parse(text) or nil
end

local function check_version(c, r)
  if c.if_version ~= '' and c.if_version ~= r.version then return refusal('version_mismatch', r.state) end
  return nil
end

local function check_holder(q, c, r)
  if not c.any and r.holder ~= c.actor then return refusal('not_owner', r.state) end
  if c.fence ~= r.fence and not (c.any and c.fence == '') then return refusal('stale_fence', r.state) end
  -- The lease or the hold has ended, though nobody has swept it yet.
  local timer = redis.call('ZSCORE', q.keys[6], c.id)
  if not timer or tonumber(timer) <= q.now then return refusal('stale_fence', r.state) end
  return nil
end

-- KEYS: the twelve, 13 idempotency key, 14 ended service (not for claim_next and mode), for transfer 15 to 23 the nine of the other
-- queue.
-- ARGV: 1 queue, 2 history, 3 most attempts, 4 ms within which a no-show is reinstated, 5 life of the key in ms or 0,
-- 6 fingerprint, 7 actor's id, 8 actor's name, 9 1 for one who may act on what is not its own, 10 service, 11 service version seen
-- or empty, 12 fence or empty, 13 lease or hold in ms, 14 target: a place, priority, queue, mode or employee, 15 target's id, or the
-- employee's name, 16 skills by commas and 17 capacity or empty of whose claim it will be; for assign * when no skills are asked.
local function perform(keys, args, run)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local life, fingerprint = args[5], args[6]
  if life ~= '0' then
    local stored = redis.call('GET', keys[13])
    if stored then return replay(q, stored, fingerprint) end
  end
  local c = {keys = keys, ended_key = keys[14], most_attempts = args[3], reinstate_within = args[4], actor = args[7],
    actor_name = args[8], any = args[9] == '1', id = args[10], if_version = args[11], fence = args[12],
    duration = tonumber(args[13]), target = args[14], target_id = args[15], skills = args[16], capacity = args[17]}
  local reply, kept = run(q, c)
  if life ~= '0' then
    -- Who was told of a refusal relies on it; but the Broker's own keys only keep what was done from being done twice.
    if reply[1] == 'ERR' and fingerprint ~= OWN and not FLEETING[reply[2]] then kept = 'R\t' .. reply[2] .. '\t' .. reply[3] end
    if kept then redis.call('SET', keys[13], fingerprint .. '\t' .. kept, 'PX', life) end
  end
  return reply
end

local function register(name, callback, flags)
  redis.register_function{function_name = 'usher_@VERSION@_' .. name, callback = callback, flags = flags}
end

local function change(name, callback)
  register(name, callback, {})
end

local function question(name, callback)
  register(name, callback, {'no-writes'})
end

-- A command on one service. `from`: the states it may be in; `held`: only for who holds the claim, showing its fence.
local function command(name, rule)
  change(name, function(keys, args)
    return (perform(keys, args, function(q, c)
      local text = redis.call('HGET', keys[2], c.id)
      if not text then
        local ended = find_ended(q, c)
        if ended then return refusal('illegal_transition', ended.state) end
        return refusal('not_found')
      end
      local r = parse(text)
      local refused = check_version(c, r)
      if not refused and not rule.from[r.state] then refused = refusal('illegal_transition', r.state) end
      if not refused and rule.held then refused = check_holder(q, c, r) end
      if refused then return refused end
      return rule.run(q, c, r)
    end))
  end)
end

-- Into another queue, in one step for both. One who may not act on any claim transfers its own alone.
local function transfer(q, c, r)
  if not c.any then
    if SCHEDULED_OR_WAITING[r.state] then return refusal('not_owner', r.state) end
    local refused = check_holder(q, c, r)
    if refused then return refused end
  end
  if c.target == q.name then return refusal('bad_target', r.state) end
  local keys = c.keys
  local t = open({keys[15], keys[16], keys[17], keys[18], keys[19], keys[20], keys[21], keys[22], keys[23], keys[10], keys[11],
    keys[12]}, c.target, q.history)
  if not t then return refusal('unknown_queue') end
  if t.mode == 'draining' then return refusal('queue_draining', r.state) end
  if is_full_for(t, r.requires) then return refusal('overloaded') end
  t.now = q.now
  take_out(q, c.id, r)
  forget_claim(r)
  r.version, r.ticket = fixed(r.version + 1), next_ticket(t)
  local timer
  if r.state == 'scheduled' then timer = r.scheduled_for else r.state = 'waiting' end
  local text = enter(t, c.id, r, 'added:' .. q.name, c.actor_name, timer)
  q.version = q.version + 1
  close(q)
  emit(q, 'transferred:' .. t.name, c.actor_name, c.id, text)
  return answer(t, '', c.id, text)
end

-- To an employee, whoever has it: who had it has no claim any more, and what was begun begins anew.
local function assign(q, c, r)
  if not c.any then return refusal('not_owner', r.state) end
  if r.state ~= 'waiting' then
    local refused = check_holder(q, c, r)
    if refused then return refused end
    if r.holder == c.target then return refusal('bad_target', r.state) end
  end
  return take_for(q, c, r, c.target, c.target_id, c.skills == '*')
end

command('claim', {from = WAITING, run = claim})
command('assign', {from = WAITING_OR_HELD, run = assign})
command('start', {from = CLAIMED, held = true, run = start})
command('renew', {from = HANDLED, held = true, run = renew})
command('hold', {from = HANDLED, held = true, run = hold})
command('resume', {from = ON_HOLD, held = true, run = resume})
command('release', {from = HELD, held = true, run = release})
command('complete', {from = SERVING, held = true, run = handled('completed', 'completed')})
command('no_show', {from = HELD, held = true, run = handled('no_show', 'no_show')})
command('move', {from = WAITING, run = move})
command('reprioritise', {from = SCHEDULED_OR_WAITING, run = reprioritise})
command('transfer', {from = LIVE, run = transfer})
command('remove', {from = LIVE, run = remove})

change('claim_next', function(keys, args)
  return (perform(keys, args, claim_next))
end)

-- A no-show comes back to its old place.
change('reinstate', function(keys, args)
  return (perform(keys, args, function(q, c)
    local text = redis.call('HGET', keys[2], c.id)
    if text then return refusal('illegal_transition', parse(text).state) end
    local r = find_ended(q, c)
    if not r then return refusal('not_found') end
    local refused = check_version(c, r)
    if refused then return refused end
    if r.state ~= 'no_show' then return refusal('illegal_transition', r.state) end
    if q.now - r.ended > tonumber(c.reinstate_within) then return refusal('reinstate_expired', r.state) end
    if is_full_for(q, r.requires) then return refusal('overloaded') end
    r.state, r.version = 'waiting', fixed(r.version + 1)
    forget_claim(r)
    redis.call('DEL', c.ended_key)
    return answer(q, '', c.id, enter(q, c.id, r, 'returned:reinstated', c.actor_name, nil))
  end))
end)

-- Answers version, mode, whether it is a replay, epoch.
change('mode', function(keys, args)
  return (perform(keys, args, function(q, c)
    if q.mode ~= c.target then
      q.mode, q.version, q.changed.mode = c.target, q.version + 1, true
      close(q)
      emit(q, 'mode:' .. c.target, c.actor_name, '', '')
    end
    local version = fixed(q.version)
    return {'OK', version, q.mode, '0', q.epoch}, 'M\t' .. version .. '\t' .. q.mode
  end))
end)

-- What happens by itself ----------------------------------------------------------------------------------------------

-- KEYS: meta, due. ARGV: 1 most. Answers the ids of those for which it is time, the first first.
question('due', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then return refusal('unknown_queue') end
  local ids = redis.call('ZRANGEBYSCORE', keys[2], '-inf', fixed(now_ms()), 'LIMIT', 0, args[1])
  return {'OK', unpack(ids)}
end)

-- KEYS: the twelve, then the ended key of each service. ARGV: 1 queue, 2 history, 3 most attempts, then the services. Answers for how
-- many of them it was time, epoch and version, and of how many the lease and of how many the hold had ended.
change('sweep', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local swept, ended = 0, {hold_expired = 0, lease_expired = 0}
  for i = 4, #args do
    local id, ended_key = args[i], keys[9 + i]
    local timer = redis.call('ZSCORE', keys[6], id)
    if timer and tonumber(timer) <= q.now then
      local r = parse(redis.call('HGET', keys[2], id))
      swept = swept + 1
      if r.state == 'scheduled' then
        alter(q, id, r, 'due', 'system', nil, function(s) s.state = 'waiting' end)
      else
        local reason = r.state == 'on_hold' and 'hold_expired' or 'lease_expired'
        ended[reason] = ended[reason] + 1
        come_back(q, id, r, reason, 'system', args[3], ended_key)
      end
    end
  end
  return {'OK', fixed(swept), q.epoch, fixed(q.version), fixed(ended.lease_expired), fixed(ended.hold_expired)}
end)

-- Submitting ----------------------------------------------------------------------------------------------------------

-- KEYS: the twelve, then an idempotency key for each item. ARGV: 1 queue, 2 history, 3 life of the keys in ms, then for each
-- item: id, fingerprint, priority, requires, scheduled for or empty, submitter, submitter's name, rest.
-- Answers OK, now, epoch, version, then five for each item: S version order ticket scheduled-for, or D id, or R code.
change('submit', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local now, reply = fixed(q.now), {'OK', fixed(q.now), q.epoch}
  local n = 4
  local records, scores, index, waiting, needing, timers = {}, {}, {}, {}, {}, {}
  local seen = {}
  local function tell(a, b, c, d, e)
    reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4], reply[n + 5] = a, b, c or '', d or '', e or ''
    n = n + 5
  end
  local function append(list, a, b)
    list[#list + 1] = a
    list[#list + 1] = b
  end
  for i = 13, #keys do
    local a = 4 + (i - 13) * 8
    local id, fingerprint, requires, scheduled_for = args[a], args[a + 1], args[a + 3], args[a + 4]
    local due = tonumber(scheduled_for)
    local stored = redis.call('GET', keys[i])
    if stored then
      local told, known = string.match(stored, '^([^\t]*)\t(.*)$')
      if told == fingerprint then tell('D', known) else tell('R', 'idempotency_key_reused') end
    elseif seen[id] or redis.call('HEXISTS', keys[10], id) == 1 then
      tell('R', 'invalid_argument')
    elseif q.mode == 'draining' then
      tell('R', 'queue_draining')
    elseif (due and due > q.now + MOST_AHEAD) or is_full_for(q, requires) then
      tell('R', 'invalid_argument')
    else
      seen[id] = true
      if due and due <= q.now then due, scheduled_for = nil, '' end
      local state, arrival = 'waiting', math.max(q.now * TICKS, q.last_arrival + ARRIVAL_GAP)
      if due then
        state, arrival = 'scheduled', due * TICKS
      else
        q.last_arrival, q.changed.last_arrival = arrival, true
      end
      local order, ticket = fixed(clamped(arrival - boost(args[a + 2]))), next_ticket(q)
      q.version = q.version + 1
      local text = table.concat({'2', order, state, '1', '0', '', '', '', '', '', '', '', '', scheduled_for, args[a + 2],
        requires, ticket, now, args[a + 5], args[a + 7]}, '\t')
      add_to_digest(q, term_of(id, order, state, '1'))
      count(q, state, 1)
      need(q, requires, 1)
      append(records, id, text)
      append(scores, order, id)
      append(index, id, q.name)
      if due then append(timers, scheduled_for, id)
      elseif requires == '' then append(waiting, order, id)
      else append(needing, '0', member(requires, order, id))
      end
      emit(q, 'added', args[a + 6], id, text)
      redis.call('SET', keys[i], fingerprint .. '\t' .. id, 'PX', args[3])
      tell('S', fixed(q.version), order, ticket, scheduled_for)
    end
  end
  if #records > 0 then
    call_in_slices('HSET', keys[2], records)
    call_in_slices('ZADD', keys[3], scores)
    call_in_slices('ZADD', keys[4], waiting)
    call_in_slices('ZADD', keys[5], needing)
    call_in_slices('ZADD', keys[6], timers)
    call_in_slices('HSET', keys[10], index)
    close(q)
  end
  reply[4] = fixed(q.version)
  return reply
end)

-- Repair from the history ---------------------------------------------------------------------------------------------

local ENDED_KIND = {completed = 'completed', no_show = 'no_show', dead = 'dead:released'}

-- What the history knows of a service, held against what is here: K, or W or E with the record, or R with a code.
local function restore(q, id, known, ended_key)
  local keys = q.keys
  local queue = redis.call('HGET', keys[10], id)
  if queue and queue ~= q.name then return 'R', 'bad_target' end
  local text = queue and redis.call('HGET', keys[2], id)
  local here = text and parse(text)
  if here then
    if tonumber(here.version) >= tonumber(known.version) then return 'K', '' end
    if not LIVE[known.state] then
      return 'E', finish(q, id, here, known.state, ENDED_KIND[known.state] or 'removed', 'system', ended_key, function(s)
        s.version = fixed(known.version + 1)
        if known.ended ~= '' then s.ended = known.ended end
      end)
    end
  else
    local ended = redis.call('GET', ended_key)
    if ended and tonumber(string.match(ended, '^[^\t]*\t2\t%d+\t[%l_]+\t(%d+)')) >= tonumber(known.version) then return 'K', '' end
    if not LIVE[known.state] then return 'K', '' end
  end
  if is_full_for(q, known.requires) then return 'R', 'overloaded' end
  if tonumber(known.ticket) > q.tickets then q.tickets, q.changed.tickets = tonumber(known.ticket), true end
  forget_claim(known)
  local timer
  known.state = 'waiting'
  if known.scheduled_for ~= '' and tonumber(known.scheduled_for) > q.now then
    known.state, timer = 'scheduled', known.scheduled_for
  end
  redis.call('DEL', ended_key)
  if here then
    return 'W', alter(q, id, here, 'repaired', 'system', timer, function(s)
      for name, value in pairs(known) do s[name] = value end
    end)
  end
  known.version = fixed(known.version + 1)
  return 'W', enter(q, id, known, 'repaired', 'system', timer)
end

-- KEYS: the twelve, then the ended key of each service. ARGV: 1 queue, 2 history, then id and record of each. Answers epoch and version,
-- then two for each.
change('restore', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local reply = {'OK', q.epoch, ''}
  for i = 13, #keys do
    local a = 3 + (i - 13) * 2
    reply[#reply + 1], reply[#reply + 2] = restore(q, args[a], parse(args[a + 1]), keys[i])
  end
  reply[3] = fixed(q.version)
  return reply
end)

-- Erasing -------------------------------------------------------------------------------------------------------------

-- A rest without the personal data: of the lengths of the wrapped key and the ciphertext, and of both, nothing is left.
local function without_personal(rest)
  return string.match(rest, '^[^\t]*') .. '\t0\t0\t'
end

local function has_personal(r)
  return r.rest ~= without_personal(r.rest)
end

-- KEYS: the twelve, then the ended key of each service. ARGV: 1 queue, 2 history, then the services. Answers epoch and version, then
-- one for each: E where there was something to erase, M when it lives in another queue, K for what needs nothing. One that
-- has ended gets a new version, but no event: no screen has it.
change('erase', function(keys, args)
  local q = open(keys, args[1], args[2])
  if not q then return refusal('unknown_queue') end
  local reply = {'OK', q.epoch, ''}
  for i = 13, #keys do
    local id, told = args[i - 10], 'K'
    local ended = redis.call('GET', keys[i])
    if ended then
      local queue, text = string.match(ended, '^([^\t]*)\t(.*)$')
      local r = parse(text)
      if has_personal(r) then
        r.rest, r.version = without_personal(r.rest), fixed(r.version + 1)
        redis.call('SET', keys[i], queue .. '\t' .. write(r), 'KEEPTTL')
        told = 'E'
      end
    end
    local queue = redis.call('HGET', keys[10], id)
    if queue == q.name then
      local r = parse(redis.call('HGET', keys[2], id))
      if has_personal(r) then
        alter(q, id, r, 'erased', 'system', nil, function(s) s.rest = without_personal(s.rest) end)
        told = 'E'
      end
    elseif queue then told = 'M'
    end
    reply[#reply + 1] = told
  end
  reply[3] = fixed(q.version)
  return reply
end)

-- KEYS: ev. ARGV: 1 version to begin at, then services. Answers the version of the last event that was looked at and holds personal
-- data of one of them, or empty, and the version to go on at, empty at the end.
question('find_personal', function(keys, args)
  local wanted, found, from, left = {}, '', args[1] .. '-0', SCAN_BYTES
  for i = 2, #args do wanted[args[i]] = true end
  while left > 0 do
    local entries = redis.call('XRANGE', keys[1], from, '+', 'COUNT', LAST_STEP)
    if #entries == 0 then return {'OK', found, ''} end
    for _, entry in ipairs(entries) do
      local line = entry[2][2]
      local id, place = string.match(line, EVENT_SERVICE)
      if wanted[id] and has_personal(parse(string.sub(line, place))) then found = string.match(entry[1], '^%d+') end
      left = left - #line
    end
    from = fixed(string.match(entries[#entries][1], '^%d+') + 1) .. '-0'
  end
  return {'OK', found, string.match(from, '^%d+')}
end)

-- The id that a stream gave last.
local function last_of(stream)
  if redis.call('EXISTS', stream) == 0 then return '0-0' end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
  error('a stream without an id')
end

-- What is taken out of a stream stays in its block until the whole block goes: the stream is written anew, so that nothing is left of it.
-- A long one is not; it loses a block more, or where nothing may be lost it keeps all. KEYS: stream. ARGV: 1 version before which all is
-- forgotten, 0 when nothing may be lost.
change('clean_stream', function(keys, args)
  local stream, first = keys[1], tonumber(args[1])
  redis.call('XTRIM', stream, 'MINID', fixed(first) .. '-0')
  if redis.call('XLEN', stream) > MOST_COPIED then
    if first > 0 then redis.call('XTRIM', stream, 'MINID', fixed(first + STREAM_BLOCK) .. '-0') end
    return {'OK'}
  end
  local entries, last = redis.call('XRANGE', stream, '-', '+'), last_of(stream)
  redis.call('DEL', stream)
  for _, entry in ipairs(entries) do redis.call('XADD', stream, entry[1], unpack(entry[2])) end
  -- Ids go on from where they were: a reader's place must not come to be ahead of them.
  if last ~= '0-0' and (#entries == 0 or entries[#entries][1] ~= last) then
    redis.call('XADD', stream, last, 'e', '')
    redis.call('XDEL', stream, last)
  end
  return {'OK'}
end)

-- The outbox ----------------------------------------------------------------------------------------------------------

-- An id of the stream so that its bytes compare as ids do.
local function outbox_place(id)
  local milliseconds, sequence = string.match(id, '^(%d+)-(%d+)$')
  return string.format('%016.0f-%016.0f', milliseconds, sequence)
end

-- The place is between this one and the next.
local function behind(place)
  return '(' .. place .. '\t~'
end

local function kept_entry(text)
  local milliseconds, sequence, line = string.match(text, '^(%d+)-(%d+)\t(.*)$')
  return fixed(tonumber(milliseconds)) .. '-' .. fixed(tonumber(sequence)), line
end

-- An event without what concerns persons: actor, holder, submitter, personal data.
local function impersonal(line)
  local head, kind_and_id, id, body = string.match(line, EVENT_ACTOR)
  if id ~= '' then
    local r = parse(body)
    r.holder, r.holder_name, r.submitter, r.rest = '', '', '', without_personal(r.rest)
    body = write(r)
  end
  return head .. kind_and_id .. body
end

-- What `events` lacks, oldest first; enrols it. KEYS: outbox, readers, kept. ARGV: 1 id to begin after, or empty, 2 limit. Answers the
-- last id that the outbox gave, then id and event of each. There may be fewer than there are, but one at least. Also while Redis is full,
-- for it is by what waits here.
register('events_outbox', function(keys, args)
  local stream, m, now = keys[1], redis.call('HMGET', keys[2], 'events', 'events_read'), now_ms()
  local last = last_of(stream)
  local from = m[1]
  if not from then
    from = last
    redis.call('HSET', keys[2], 'events', from, 'events_read', fixed(now))
  elseif math.abs(now - tonumber(m[2])) >= READ_NOTED then redis.call('HSET', keys[2], 'events_read', fixed(now))
  end
  if args[1] ~= '' and outbox_place(args[1]) > outbox_place(from) then from = args[1] end
  local limit, left, count, reply = tonumber(args[2]), SCAN_BYTES, 0, {'OK', last}
  local kept, next_kept = redis.call('ZRANGEBYLEX', keys[3], behind(outbox_place(from)), '+', 'LIMIT', '0', args[2]), 1
  local function give(id, line)
    reply[#reply + 1], reply[#reply + 2] = id, line
    count, left = count + 1, left - #line
  end
  local function give_kept(before)
    while next_kept <= #kept and count < limit and left > 0 and kept[next_kept] < before do
      give(kept_entry(kept[next_kept]))
      next_kept = next_kept + 1
    end
  end
  local is_at_end = false
  while not is_at_end and count < limit and left > 0 do
    local entries = redis.call('XRANGE', stream, '(' .. from, '+', 'COUNT', FIRST_STEP)
    is_at_end = #entries == 0
    for _, entry in ipairs(entries) do
      give_kept(outbox_place(entry[1]))
      if count >= limit or left <= 0 then break end
      -- Sealed data are read, if not answered.
      left = left - #entry[2][2]
      give(entry[1], impersonal(entry[2][2]))
      from = entry[1]
    end
  end
  if is_at_end then give_kept('~') end
  return reply
end, {'allow-oom'})

-- The history has entries: they are forgotten, but for what `events` lacks. KEYS: outbox, readers, kept. ARGV: ids. Also while Redis is
-- full, for it is by what waits here.
register('history_has', function(keys, args)
  local position = redis.call('HGET', keys[2], 'events')
  if position then
    position = outbox_place(position)
    for _, id in ipairs(args) do
      local place = outbox_place(id)
      local entry = place > position and redis.call('XRANGE', keys[1], id, id)[1]
      if entry then redis.call('ZADD', keys[3], 0, place .. '\t' .. impersonal(entry[2][2])) end
    end
  end
  redis.call('XDEL', keys[1], unpack(args))
  return {'OK'}
end, {'allow-oom'})

-- `events` has everything up to the entry. KEYS: readers, kept. ARGV: 1 id. Nothing when it is not enrolled any more.
register('events_has', function(keys, args)
  local position = redis.call('HGET', keys[1], 'events')
  if not position then return {'OK'} end
  local place = outbox_place(args[1])
  if place > outbox_place(position) then redis.call('HSET', keys[1], 'events', args[1]) end
  redis.call('ZREMRANGEBYLEX', keys[2], '-', behind(place))
  return {'OK'}
end, {'allow-oom'})

-- `events` is not enrolled any more, and what was kept for it is gone, when nobody has read for it for so long. KEYS: readers, kept. ARGV:
-- 1 ms. Answers 1 when it was enrolled.
register('dismiss_events', function(keys, args)
  local read = redis.call('HGET', keys[1], 'events_read')
  if not read or math.abs(now_ms() - tonumber(read)) < tonumber(args[1]) then return {'OK', '0'} end
  redis.call('UNLINK', unpack(keys))
  return {'OK', '1'}
end, {'allow-oom'})

-- KEYS: outbox, readers, kept. Answers how many entries the history lacks and the oldest of them or empty; then, if `events` is
-- enrolled, the same of it, where of those that the history lacks as well at most MOST_COUNTED are counted.
question('outbox_waiting', function(keys)
  local function oldest(entries) return entries[1] and entries[1][1] or '' end
  local first = oldest(redis.call('XRANGE', keys[1], '-', '+', 'COUNT', 1))
  local reply = {'OK', fixed(redis.call('XLEN', keys[1])), first}
  local position = redis.call('HGET', keys[2], 'events')
  if not position then return reply end
  local both = redis.call('XRANGE', keys[1], '(' .. position, '+', 'COUNT', MOST_COUNTED)
  local kept, own = redis.call('ZRANGE', keys[3], 0, 0)[1], oldest(both)
  if kept and (own == '' or kept < outbox_place(own)) then own = (kept_entry(kept)) end
  reply[4], reply[5] = fixed(redis.call('ZCARD', keys[3]) + #both), own
  return reply
end)

-- Queues of the site --------------------------------------------------------------------------------------------------

local function tell_epoch(control, queue, epoch, version)
  redis.call('XADD', control, 'MAXLEN', '~', '1000', '*', 'q', queue .. '\t' .. epoch .. '\t' .. version)
end

-- KEYS: 1 to 9 of the queue, 10 queues set, 11 control stream. ARGV: 1 queue, 2 new epoch, 3 most queues.
-- Answers 1 when it was made, also when the same call had made it before.
change('create_queue', function(keys, args)
  local epoch = redis.call('HGET', keys[1], 'epoch')
  if epoch then return {'OK', epoch == args[2] and '1' or '0'} end
  if redis.call('SCARD', keys[10]) >= tonumber(args[3]) and redis.call('SISMEMBER', keys[10], args[1]) == 0 then
    return refusal('invalid_argument')
  end
  redis.call('DEL', unpack(keys, 2, 9))
  redis.call('HSET', keys[1], 'version', '0', 'epoch', args[2], 'digest', '0', 'mode', 'open', 'tickets', '0', 'last_arrival', '0',
    'needs', '', 'scheduled', '0', 'waiting', '0', 'claimed', '0', 'serving', '0', 'on_hold', '0')
  redis.call('SADD', keys[10], args[1])
  tell_epoch(keys[11], args[1], args[2], '0')
  return {'OK', '1'}
end)

-- For when the data are older than what was seen of them: whoever follows the queue must start again. KEYS: meta, ev, control
-- stream. ARGV: 1 queue, 2 epoch and 3 version that were seen, 4 new epoch. Answers 1 when the queue got the new epoch, its epoch and
-- its version. Also while Redis is full: the next change must not come first.
register('renew_epoch', function(keys, args)
  local m = redis.call('HMGET', keys[1], 'epoch', 'version')
  if not m[1] then return refusal('unknown_queue') end
  if m[1] ~= args[2] or tonumber(m[2]) >= tonumber(args[3]) then
    return {'OK', m[1] == args[4] and '1' or '0', m[1], m[2]}
  end
  redis.call('HSET', keys[1], 'epoch', args[4])
  redis.call('DEL', keys[2])
  tell_epoch(keys[3], args[1], args[4], m[2])
  return {'OK', '1', args[4], m[2]}
end, {'allow-oom'})

-- Questions -----------------------------------------------------------------------------------------------------------

-- Version, epoch, digest, mode, and how many in each live state; then, not to be answered, the needs.
local function summary(meta)
  local m = redis.call('HMGET', meta, 'version', 'epoch', 'digest', 'mode', 'scheduled', 'waiting', 'claimed', 'serving', 'on_hold',
    'needs')
  if not m[1] then return nil end
  return {'OK', m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9]}, m[10]
end

-- Appends what is known of recent work: active employees, then the handling times.
local function append_work(reply, staff, times)
  reply[#reply + 1] = fixed(redis.call('ZCOUNT', staff, '(' .. fixed(now_ms() - ACTIVE), '+inf'))
  for _, time in ipairs(redis.call('LRANGE', times, 0, MOST_TIMES - 1)) do reply[#reply + 1] = time end
  return reply
end

-- KEYS: meta.
question('summary', function(keys)
  return (summary(keys[1])) or refusal('unknown_queue')
end)

-- KEYS: meta, svc, wait, need. Answers the summary and for how many ms the service that waits longest has been in line, as far as the
-- first few and the first of each set of skills tell; empty when none waits.
question('measure', function(keys)
  local reply, needs_text = summary(keys[1])
  if not reply then return refusal('unknown_queue') end
  local ids = redis.call('ZRANGE', keys[3], 0, MOST_LOOKED_AT - 1)
  for signature in string.gmatch(needs_text, '([^: ]+):%d+') do
    local found = redis.call('ZRANGEBYLEX', keys[4], first_end(signature), last_end(signature), 'LIMIT', 0, 1)[1]
    if found then
      local _, id = member_place(found)
      ids[#ids + 1] = id
    end
  end
  local oldest
  for _, id in ipairs(ids) do
    local r = parse(redis.call('HGET', keys[2], id))
    local arrival = math.max(tonumber(r.submitted), tonumber(r.scheduled_for) or 0)
    if not oldest or arrival < oldest then oldest = arrival end
  end
  reply[11] = oldest and fixed(math.max(0, now_ms() - oldest)) or ''
  return reply
end)

-- KEYS: meta, staff, times. Answers the summary and recent work.
question('statistics', function(keys)
  local reply = summary(keys[1])
  if not reply then return refusal('unknown_queue') end
  return append_work(reply, keys[2], keys[3])
end)

-- KEYS: meta, staff, times, svc, wait, need. ARGV: 1 service. Answers the summary, the record, how many wait before it or empty, recent
-- work.
question('position', function(keys, args)
  local reply, needs_text = summary(keys[1])
  if not reply then return refusal('unknown_queue') end
  local text = redis.call('HGET', keys[4], args[1])
  if not text then return refusal('not_found') end
  local order, state = string.match(text, '^2\t(%d+)\t([%l_]+)')
  reply[11], reply[12] = text, ''
  if state == 'waiting' then reply[12] = fixed(ahead_of(keys[5], keys[6], needs_text, order, args[1])) end
  return append_work(reply, keys[2], keys[3])
end)

-- What one answer may still hold. The page that it is a part of has room for `limit` more entries and `room` more bytes, but one entry
-- at least if it is empty; the answer itself is bounded as well. `step` is how many to read next.
local function part(limit, room, is_empty)
  return {left = limit, room = room, page_is_empty = is_empty, bytes = CHUNK_BYTES, scan = SCAN_BYTES, step = FIRST_STEP,
    is_empty = true, is_full = limit <= 0, page_is_full = limit <= 0}
end

-- Whether an entry of that size belongs to the answer.
local function takes(p, size)
  if size > p.room and not p.page_is_empty then
    p.is_full, p.page_is_full = true, true
    return false
  end
  if size > p.bytes and not p.is_empty then
    p.is_full = true
    return false
  end
  p.room, p.bytes, p.left, p.is_empty, p.page_is_empty = p.room - size, p.bytes - size, p.left - 1, false, false
  if p.left == 0 then p.is_full, p.page_is_full = true, true end
  return true
end

local function next_step(p)
  local step = p.step
  p.step = math.min(2 * step, LAST_STEP)
  return step
end

-- Appends id and record of each, as far as `wanted` (nil: all) has its state, until the answer is full. Answers how many
-- were looked at; the one that was too long is not among them.
local function append(reply, p, svc, ids, wanted)
  local texts = redis.call('HMGET', svc, unpack(ids))
  for i, id in ipairs(ids) do
    local text = texts[i]
    p.scan = p.scan - #text
    if not wanted or wanted[string.match(text, '^2\t%d+\t([%l_]+)')] then
      if not takes(p, #id + #text) then return i - 1 end
      local n = #reply
      reply[n + 1], reply[n + 2] = id, text
      if p.is_full then return i end
    end
  end
  return #ids
end

-- KEYS: meta, svc, live, wait, need. ARGV: 1 limit, 2 room in bytes, 3 1 while the page is empty, 4 most to look at, 5 order and 6 id
-- to begin after, or empty, then the states wanted, none for all. Answers the summary, order and id of the last place that was
-- looked at (empty when nothing can follow it), 1 when the page is full, then id and record of each. Who wants waiting ones alone is
-- told whether another follows, the others whether any does.
question('list', function(keys, args)
  local reply, needs_text = summary(keys[1])
  if not reply then return refusal('unknown_queue') end
  reply[11], reply[12], reply[13] = '', '', ''
  local live, p, scan = keys[3], part(tonumber(args[1]), tonumber(args[2]), args[3] == '1'), tonumber(args[4])
  local wanted
  for i = 7, #args do
    wanted = wanted or {}
    wanted[args[i]] = true
  end
  local only_waiting = #args == 7 and args[7] == 'waiting'
  local rank, last_id, is_at_end = 0, nil, false
  if args[5] ~= '' then rank = rank_of(live, args[5], just_after(args[6])) end
  while not p.is_full and scan > 0 and p.scan > 0 do
    local most = math.min(next_step(p), scan, wanted and scan or p.left)
    local ids = redis.call('ZRANGE', live, rank, rank + most - 1)
    if #ids == 0 then
      is_at_end = true
      break
    end
    local looked = append(reply, p, keys[2], ids, wanted)
    scan, rank = scan - looked, rank + looked
    if looked > 0 then last_id = ids[looked] end
  end
  if not is_at_end then is_at_end = rank >= redis.call('ZCARD', live) end
  local order, id = args[5], args[6]
  if last_id then order, id = redis.call('ZSCORE', live, last_id), last_id end
  if only_waiting and not is_at_end and order ~= '' then
    order = fixed(tonumber(order))
    local passed = ahead_of(keys[4], keys[5], needs_text, order, just_after(id))
    is_at_end = passed >= tonumber(reply[7])
  end
  if not is_at_end and order ~= '' then reply[11], reply[12] = fixed(tonumber(order)), id end
  if p.page_is_full then reply[13] = '1' end
  return reply
end)

-- KEYS: meta, ev. ARGV: 1 epoch or empty, 2 version, 3 limit, 4 room in bytes, 5 1 while the page is empty. Answers OK or GONE with
-- the summary, 1 when the page is full, then the events.
question('events', function(keys, args)
  local reply = summary(keys[1])
  if not reply then return refusal('unknown_queue') end
  reply[11] = ''
  local after, current = tonumber(args[2]), tonumber(reply[2])
  if (args[1] ~= '' and args[1] ~= reply[3]) or after > current then
    reply[1] = 'GONE'
    return reply
  end
  if after == current then return reply end
  local p, from = part(tonumber(args[3]), tonumber(args[4]), args[5] == '1'), fixed(after + 1) .. '-0'
  local n, is_first = 11, true
  while not p.is_full do
    local entries = redis.call('XRANGE', keys[2], from, '+', 'COUNT', math.min(p.left, next_step(p)))
    if is_first and (#entries == 0 or entries[1][1] ~= from) then
      reply[1] = 'GONE'
      return reply
    end
    if #entries == 0 then break end
    is_first = false
    for _, entry in ipairs(entries) do
      local line = entry[2][2]
      if p.is_full or not takes(p, #line) then break end
      n = n + 1
      reply[n] = line
    end
    from = '(' .. entries[#entries][1]
  end
  if p.page_is_full then reply[11] = '1' end
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

-- Presence ------------------------------------------------------------------------------------------------------------

local function tell_presence(stream, lines)
  for i = 1, #lines, PRESENCE_LINES do
    local text = table.concat(lines, '\n', i, math.min(i + PRESENCE_LINES - 1, #lines))
    redis.call('XADD', stream, 'MAXLEN', '~', PRESENCE_KEPT, '*', 'p', text)
  end
end

local function presence_line(kind, queue, connection, who)
  return '1\t' .. kind .. '\t' .. queue .. '\t' .. connection .. '\t' .. who
end

-- A node tells who came and went; with no changes it only tells that it lives. KEYS: nodes, announced, the node's set, presence, then the
-- `who` of each queue. ARGV: 1 node, 2 number of the announcement: 1, then each one more, the same when it is repeated, 3 ms until
-- the node counts as dead, then for each change: place of its `who` in KEYS, joined or left, queue, connection, and user's
-- id, level, name by tabs. Answers 1, or 0 when the number does not continue: what the node told before is not all here. A
-- connection has left whoever says so, it is named once in the site. Also while Redis is full, or all nodes would count as dead:
-- connections are few.
register('announce', function(keys, args)
  local nodes, announced, own, node, number = keys[1], keys[2], keys[3], args[1], tonumber(args[2])
  local last = tonumber(redis.call('HGET', announced, node) or 0)
  if number ~= last and number ~= last + 1 then return {'OK', '0'} end
  if last == 0 and redis.call('ZCARD', nodes) >= MOST_NODES then return refusal('overloaded') end
  redis.call('ZADD', nodes, fixed(now_ms() + tonumber(args[3])), node)
  if number == last then return {'OK', '1'} end
  redis.call('HSET', announced, node, args[2])
  local lines = {}
  for i = 4, #args, 5 do
    local who_key, kind, queue, connection, who = keys[tonumber(args[i])], args[i + 1], args[i + 2], args[i + 3], args[i + 4]
    local place, is_news = queue .. '\t' .. connection, nil
    if kind == 'joined' then
      is_news = redis.call('HSET', who_key, connection, '1\t' .. node .. '\t' .. who) == 1
      redis.call('SADD', own, place)
    else
      is_news = redis.call('HDEL', who_key, connection) == 1
      redis.call('SREM', own, place)
    end
    if is_news then lines[#lines + 1] = presence_line(kind, queue, connection, who) end
  end
  tell_presence(keys[4], lines)
  return {'OK', '1'}
end, {'allow-oom'})

-- KEYS: nodes. Answers a node that is dead, or nothing.
question('dead_node', function(keys)
  return {'OK', unpack(redis.call('ZRANGEBYSCORE', keys[1], '-inf', fixed(now_ms()), 'LIMIT', 0, 1))}
end)

-- What a dead node has left is taken out, and the node with the last of it. From the first call on it is not known by its announcements
-- any more. KEYS: nodes, announced, the node's set, presence, then the `who` of each queue. ARGV: 1 node, then for each connection:
-- place of its `who` in KEYS, queue, connection. Answers how many left, none if the node lives again. Also while Redis is full.
register('bury', function(keys, args)
  local nodes, own, node = keys[1], keys[3], args[1]
  local death = redis.call('ZSCORE', nodes, node)
  if not death or tonumber(death) > now_ms() then return {'OK', '0'} end
  redis.call('HDEL', keys[2], node)
  local lines = {}
  for i = 2, #args, 3 do
    local who_key, queue, connection = keys[tonumber(args[i])], args[i + 1], args[i + 2]
    local text = redis.call('HGET', who_key, connection)
    local of, who = string.match(text or '', '^1\t([^\t]*)\t(.*)$')
    if of == node then
      redis.call('HDEL', who_key, connection)
      lines[#lines + 1] = presence_line('left', queue, connection, who)
    end
    redis.call('SREM', own, queue .. '\t' .. connection)
  end
  tell_presence(keys[4], lines)
  if redis.call('EXISTS', own) == 0 then redis.call('ZREM', nodes, node) end
  return {'OK', fixed(#lines)}
end, {'allow-oom'})

-- KEYS: meta, nodes, who. ARGV: 1 cursor, 2 about how many to look at. Answers the next cursor, 0 at the end, then connection and what is
-- known of it (user's id, level, name) for those whose nodes live. One that is there all the time is told, it may be twice.
question('presence', function(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then return refusal('unknown_queue') end
  local is_alive = {}
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', keys[2], '(' .. fixed(now_ms()), '+inf')) do is_alive[node] = true end
  local page = redis.call('HSCAN', keys[3], args[1], 'COUNT', args[2])
  local reply, n, fields = {'OK', page[1]}, 2, page[2]
  for i = 1, #fields, 2 do
    local node, who = string.match(fields[i + 1], '^1\t([^\t]*)\t(.*)$')
    if is_alive[node] then
      reply[n + 1], reply[n + 2] = fields[i], who
      n = n + 2
    end
  end
  return reply
end)
