-- The token bucket of one Cliniko user, as a line of evenly spaced slots. All times are microseconds of this server's
-- clock.
--
--   reserve rate burst count horizon   -> {slots, wait until the first, interval}
--   shut wait                          -> {1 when the rate was halved, wait, rate in thousandths}
--   ping                               -> 1
--
-- Fields: next = where the line ends, the next free slot; closed = no slot before this; factor, lowered = the part of the
-- rate that was left at that time, recovering to 1; row = closings in a row; half = until then at most half the rate.
local key, operation = KEYS[1], ARGV[1]
local MINUTE, RECOVERY, ROW_GAP = 60000000, 600000000, 60000000
local LOWERED_TO, LEAST, KEPT_MS = 0.9, 0.25, 1800000

if operation == 'ping' then
  return 1
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stored = redis.call('HMGET', key, 'next', 'closed', 'factor', 'lowered', 'row', 'half')
local next_slot = tonumber(stored[1] or nil)
local closed = tonumber(stored[2] or 0)
local factor = tonumber(stored[3] or 1)
local lowered = tonumber(stored[4] or 0)
local row = tonumber(stored[5] or 0)
local half = tonumber(stored[6] or 0)

local function factor_now()
  local back = math.min(1, math.max(0, (now - lowered) / RECOVERY))
  return factor + (1 - factor) * back
end

local function whole(number)
  return string.format('%.0f', number)
end

local function store()
  redis.call('HSET', key, 'next', whole(next_slot), 'closed', whole(closed), 'factor', string.format('%.6f', factor),
             'lowered', whole(lowered), 'row', whole(row), 'half', whole(half))
  redis.call('PEXPIRE', key, KEPT_MS)
end

if operation == 'shut' then
  local until_then = now + tonumber(ARGV[2])
  local halved = 0

  -- Requests that were under way meet the same closing: they are no further closings in a row.
  if closed <= now then
    factor = math.max(LEAST, factor_now() * LOWERED_TO)
    lowered = now
    row = now - closed < ROW_GAP and row + 1 or 1
    if row >= 3 then
      half = now + RECOVERY
      row = 0
      halved = 1
    end
  end
  closed = math.max(closed, until_then)
  next_slot = math.max(next_slot or 0, closed)
  store()
  return {halved, closed - now, math.floor(factor * 1000)}
end

local rate, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
local count, horizon = tonumber(ARGV[4]), tonumber(ARGV[5])
local part = factor_now()

if half > now then
  part = math.min(part, 0.5)
end

local interval = math.ceil(MINUTE / (rate * part))
-- A bucket that nobody knows is empty: what it had given out before it was lost may still be used.
local first = math.max(next_slot or now + interval, now - (burst - 1) * interval, closed)

count = math.max(1, math.min(count, 1 + math.floor((now + horizon - first) / interval)))
next_slot = first + count * interval
store()
return {count, first - now, interval}
