import { createHash } from 'node:crypto';

/** Runs whole or not at all, and alone. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

function script(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/** Where everything of a room is kept, and where it is published: in one slot of a cluster. */
export interface RoomKeys {
  /** A hash: `format`, `epoch`, `first`, `next`, `last` (the id of the last batch), `snapshot` (its offset). */
  readonly record: string;
  /** A stream of batches; the id of one is `{offset of its last entry}-{number of entries}`. */
  readonly entries: string;
  readonly snapshot: string;
  readonly channel: string;
}

/** How the names of keys begin, and those of channels. */
export interface Prefixes {
  readonly keys: string;
  readonly channels: string;
}

/** What is published is heard in all databases of a Redis: channels have to name theirs. */
export function prefixesOf(url: string, keys: string): Prefixes {
  const database = Number(new URL(url).pathname.slice(1));
  return { keys, channels: database === 0 ? keys : `${keys}${database}:` };
}

export function keysOf(prefixes: Prefixes, roomId: string): RoomKeys {
  // A brace would end the tag, and with nothing before it there would be none.
  const tag = `{${roomId.replaceAll('%', '%25').replaceAll('}', '%7D')}}`;
  return {
    record: `${prefixes.keys}${tag}:log`,
    entries: `${prefixes.keys}${tag}:entries`,
    snapshot: `${prefixes.keys}${tag}:snapshot`,
    channel: `${prefixes.channels}${tag}:live`,
  };
}

/** Raised when what is stored changes so that an older program would misread it. */
export const REDIS_FORMAT = '1';

/**
 * KEYS record entries snapshot; ARGV epoch of a new log, the epoch whose end the caller has seen (it becomes a new
 * one), channel.
 * Returns epoch, first, next, last, offset of the snapshot, snapshot, batches after it; or a word and what is
 * wrong.
 */
export const openScript = script(`#!lua
local kept = redis.call('HMGET', KEYS[1], 'format', 'epoch', 'first', 'next', 'last', 'snapshot')
if redis.call('EXISTS', KEYS[1]) == 0 then
  if redis.call('EXISTS', KEYS[2], KEYS[3]) > 0 then return {'orphaned'} end
  redis.call('HSET', KEYS[1], 'format', '${REDIS_FORMAT}', 'epoch', ARGV[1], 'first', 1, 'next', 1, 'last', ARGV[1])
  return {'open', ARGV[1], '1', '1', ARGV[1], '', '', {}}
end
if kept[1] ~= '${REDIS_FORMAT}' then return {'format', kept[1] or ''} end
for field = 2, 5 do if not kept[field] then return {'damaged'} end end
if kept[2] == ARGV[2] then
  kept[2] = ARGV[1]
  if kept[4] == '1' then kept[5] = ARGV[1] end
  redis.call('HSET', KEYS[1], 'epoch', kept[2], 'last', kept[5])
  redis.call('SPUBLISH', ARGV[3], 'e')
end
local after = 0
local state = ''
if kept[6] then
  after = tonumber(kept[6])
  state = redis.call('GET', KEYS[3])
  if not state then return {'snapshotless', kept[6]} end
end
local tail = redis.call('XRANGE', KEYS[2], string.format('%.0f', after + 1), '+')
return {'open', kept[2], kept[3], kept[4], kept[5], kept[6] or '', state, tail}
`);

/**
 * Appends a batch, once however often it is sent, and publishes it.
 * KEYS record entries; ARGV epoch, id, the offset and the batch up to which the caller knows the log, number of
 * entries, body, channel.
 * Returns a word, and the batches that the caller does not know: up to its own where that stands already.
 */
export const appendScript = script(`#!lua
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'next', 'last')
if kept[1] ~= ARGV[1] then return {'ended'} end
local next, known = tonumber(kept[2]), tonumber(ARGV[3])
if known > next or (known == next and kept[3] ~= ARGV[4]) then return {'ended'} end
local missed = {}
if known < next then
  missed = redis.call('XRANGE', KEYS[2], ARGV[3], '+')
  for _, batch in ipairs(missed) do
    if batch[2][2] == ARGV[2] then return {'stored', missed} end
  end
  if #missed == 0 then return {'trimmed'} end
  if missed[1][2][4] ~= ARGV[4] then
    local last, count = string.match(missed[1][1], '(%d+)-(%d+)')
    return {last - count + 1 > known and 'trimmed' or 'ended'}
  end
end
local first, count = string.format('%.0f', next), tonumber(ARGV[5])
local at = string.format('%.0f-%d', next + count - 1, count)
redis.call('XADD', KEYS[2], at, 'i', ARGV[2], 'p', kept[3], 'b', ARGV[6])
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next + count), 'last', ARGV[2])
redis.call('SPUBLISH', ARGV[7], 'b ' .. first .. ' ' .. ARGV[5] .. ' ' .. ARGV[2] .. ' ' .. kept[3] .. '\\n' .. ARGV[6])
return {'appended', missed, first}
`);

/** KEYS record. Returns epoch and next offset; both are empty where there is no log. */
export const headScript = script(`#!lua flags=no-writes
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'next')
return {kept[1] or '', kept[2] or ''}
`);

/**
 * KEYS record entries; ARGV epoch, from, limit of batches.
 * Returns a word, the oldest offset kept, the next offset, and the batches.
 */
export const readScript = script(`#!lua flags=no-writes
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'first', 'next', 'last')
if kept[1] ~= ARGV[1] then return {'ended'} end
local batches = {}
if tonumber(ARGV[3]) > 0 then batches = redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3]) end
return {'read', kept[2], kept[3], kept[4], batches}
`);

/**
 * KEYS record entries snapshot; ARGV epoch, offset, snapshot, oldest offset to keep, oldest to keep for nodes
 * that are behind, the offset and the batch up to which the caller knows the log.
 * Returns a word, and where the log and its snapshot stand. Allowed without memory: it frees more than it takes.
 */
export const compactScript = script(`#!lua flags=allow-oom
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'next', 'snapshot', 'first', 'last')
if kept[1] ~= ARGV[1] then return {'ended'} end
local offset, next, known = tonumber(ARGV[2]), tonumber(kept[2]), tonumber(ARGV[6])
if known > next then return {'lost'} end
if offset >= next or offset < tonumber(kept[3] or '0') then return {'refused', kept[2], kept[3] or '0'} end
local before = kept[5]
if known < next then
  local follows = redis.call('XRANGE', KEYS[2], ARGV[6], '+', 'COUNT', 1)[1]
  before = follows and follows[2][4]
end
if before ~= ARGV[7] then return {'lost'} end
redis.call('SET', KEYS[3], ARGV[3])
local first = ARGV[4]
if tonumber(kept[4]) > tonumber(first) then first = kept[4] end
redis.call('HSET', KEYS[1], 'snapshot', ARGV[2], 'first', first)
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[5])
return {'compacted'}
`);

/**
 * Forgets a log that ends where the caller says; another node may have appended.
 * KEYS record entries snapshot; ARGV epoch, next offset, the batch before it, channel.
 */
export const dropScript = script(`#!lua flags=allow-oom
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'next', 'last')
for index = 1, 3 do if kept[index] ~= ARGV[index] then return {'kept'} end end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SPUBLISH', ARGV[4], 'e')
return {'dropped'}
`);

/** KEYS what may be written and is forgotten by itself. */
export const probeScript = script(`#!lua
redis.call('SET', KEYS[1], '', 'PX', 1000)
return {'written'}
`);

/**
 * KEYS a sorted set of nodes, a hash of dead ones and who is to do what they left undone; ARGV node, its number.
 * Returns all nodes, each with its number, and that hash.
 */
export const beatScript = script(`#!lua
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return {redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'), redis.call('HGETALL', KEYS[2])}
`);

/**
 * Takes out a node that has not counted on, and gives what it left undone, its own and that of others, to the node
 * that has found it. KEYS as above; ARGV node, its number, who has found it.
 */
export const buryScript = script(`#!lua flags=allow-oom
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return {'alive'} end
redis.call('ZREM', KEYS[1], ARGV[1])
local left = redis.call('HGETALL', KEYS[2])
for index = 1, #left, 2 do
  if left[index + 1] == ARGV[1] then redis.call('HSET', KEYS[2], left[index], ARGV[3]) end
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return {'buried'}
`);

/** Nothing is left undone. KEYS the hash; ARGV dead node, who did it. */
export const doneScript = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return {'done'}
`);

/** KEYS the sorted set; ARGV nodes. Returns 1 for each that is there, 0 for the others. */
export const knownScript = script(`#!lua flags=no-writes
local known = {}
for index, node in ipairs(ARGV) do known[index] = redis.call('ZSCORE', KEYS[1], node) and '1' or '0' end
return known
`);
