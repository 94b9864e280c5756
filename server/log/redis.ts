import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { createEpoch } from './epoch.ts';
import { type Log, LogError } from './log.ts';
import type { NodeEvents, Nodes } from './nodes.ts';
import { openRedisLink, type RedisLink } from './redis-link.ts';
import { type Beats, openRedisNodes, usualBeats } from './redis-nodes.ts';
import { openRedisRoom, type RedisRoom } from './redis-room.ts';
import { headScript, keysOf, prefixesOf } from './redis-scripts.ts';

export interface RedisLogOptions {
  /** `redis:` or `rediss:`; any node of a cluster. */
  readonly url: string;
  /** Begins the name of every key. Default `tandem:`. */
  readonly prefix?: string;
  /** How long an append waits for Redis before it is refused. Default 5000. */
  readonly timeoutMs?: number;
  /** Names a new life of a room's log; random by default. */
  readonly newEpoch?: () => string;
  readonly clock?: Clock;
  /** How often it is tried, while Redis refuses, whether it works again. Default 1000. */
  readonly probeIntervalMs?: number;
  /** Redis does not work any more, and why; and when it works again. */
  readonly onAway?: (reason: string) => void;
  readonly onBack?: () => void;
  /** Somebody has published what no node of this version says; it is passed over. */
  readonly onUnreadable?: (channel: string, error: unknown) => void;
  /** Each room is looked at as often, whether something was appended that nobody told. Default 30,000. */
  readonly lookIntervalMs?: number;
}

/** The log, and who else uses it. */
export interface RedisLog extends Log {
  /** Begins to prove that this node lives, to watch the others, and to hear from them. */
  join(node: NodeEvents & { nodeId: string; beats?: Beats }): Promise<Nodes>;
}

const LOOK_TICK_MS = 1000;
const LOOK_AGAIN_MS = 500;

/**
 * The log in Redis (7 or later, or Valkey; one server or a cluster), shared by any number of processes: a stream
 * per room, which Redis orders, and a sharded channel on which every append is published to those that have the
 * room open. What Redis promises about keeping it (`appendfsync`, replicas) is what this log promises.
 *
 * While Redis is away or refuses, appends wait for `timeoutMs`; they work again once it does. A message that was
 * lost on the way shows in the numbers of the next, and what is missing is read.
 *
 * @throws LogError `LOG_UNAVAILABLE` when Redis cannot be reached in time
 */
export async function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  const { url, prefix = 'tandem:', timeoutMs = 5000, probeIntervalMs = 1000 } = options;
  const { newEpoch = createEpoch, clock = systemClock, lookIntervalMs = 30_000 } = options;
  const prefixes = prefixesOf(url, prefix);
  const writer = randomBytes(9).toString('base64url');
  let appends = 0;
  const opened = new Map<string, Promise<RedisRoom>>();
  const rooms = new Set<RedisRoom>();
  /** The epochs of rooms that have lost what they had. */
  const lostEpochs = new Map<string, string>();
  let closing: Promise<void> | undefined;

  const link: RedisLink = await openRedisLink({
    ...{ url, prefix, clock, timeoutMs, probeIntervalMs },
    onAway: (reason) => options.onAway?.(reason),
    onBack: () => options.onBack?.(),
    onUnreadable: (channel, error) => options.onUnreadable?.(channel, error),
    onSubscribed() {
      for (const room of rooms) room.look();
    },
  });
  const stopLooking = clock.every(LOOK_TICK_MS, () => {
    const share = Math.ceil((rooms.size * LOOK_TICK_MS) / lookIntervalMs);
    for (const room of [...rooms].slice(0, share)) {
      // To the end of the line.
      rooms.delete(room);
      rooms.add(room);
      room.look();
    }
  });

  async function closeAll(): Promise<void> {
    stopLooking();
    await Promise.allSettled([...opened.values()].map(async (room) => (await room).close()));
    link.close();
  }

  return {
    async open(roomId, listener, events = {}) {
      if (closing) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      if (Buffer.from(roomId).toString() !== roomId)
        throw new RangeError('a room id is text that UTF-8 can hold');
      if (opened.has(roomId)) throw new Error(`the log of room ${roomId} is already open`);
      let room: RedisRoom | undefined;
      const ended = (): void => {
        opened.delete(roomId);
        if (room !== undefined) rooms.delete(room);
      };
      const opening = openRedisRoom(
        {
          ...{ roomId, keys: keysOf(prefixes, roomId), link, writer, listener, events, ended },
          lostEpoch: lostEpochs.get(roomId),
          rewritten: (epoch) => void lostEpochs.set(roomId, epoch),
          newAppendId: () => `${writer}${(appends++).toString(36)}`,
          later: (action) => void clock.after(LOOK_AGAIN_MS, action),
        },
        newEpoch(),
      );
      opened.set(roomId, opening);
      opening.catch(ended);
      room = await opening;
      lostEpochs.delete(roomId);
      if (opened.get(roomId) === opening) rooms.add(room);
      return room;
    },
    async head(roomId) {
      if (closing) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      const reply = await link.run(headScript, [keysOf(prefixes, roomId).record], () => []);
      const [epoch = '', next] = reply.map(String);
      return epoch === '' ? undefined : { epoch, offset: Number(next) - 1 };
    },
    isShared: true,
    isCostly: true,
    join: ({ beats = usualBeats, ...node }) => openRedisNodes({ ...node, beats, link, prefixes, clock }),
    writable: () => !closing && link.writable(),
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
