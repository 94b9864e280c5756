import { ClientClosedError, ClientOfflineError, ErrorReply } from '@redis/client';
import { type Clock, passed, within } from '../clock.ts';
import { LogError } from './log.ts';
import type { Delivery } from './nodes.ts';
import { type Argument, type Connections, connect, type Listener } from './redis-connections.ts';
import { appendScript, probeScript, type Script } from './redis-scripts.ts';

export type Reply = readonly (Buffer | Reply)[];

/** The way to Redis for all rooms of a process: it waits where that helps, and says what is known afterwards. */
export interface RedisLink {
  /**
   * Runs a script; tries again, within the bound, where Redis is away or refuses. `args` are asked for anew with
   * each attempt; undefined: it is no longer needed, and the reply is empty. Rejects with a LogError: LOG_UNCERTAIN where it is an append that may have been stored.
   */
  run(script: Script, keys: readonly string[], args: () => readonly Argument[] | undefined): Promise<Reply>;
  /** Resolves with what ends it, which never rejects. */
  subscribe(channel: string, listener: Listener): Promise<Unsubscribe>;
  /** Without any promise. */
  publish(channel: string, text: string): void;
  /** Tries once, and says what is known of it. Never rejects. */
  deliver(channel: string, message: Uint8Array): Promise<Delivery>;
  writable(): boolean;
  close(): void;
}

export type Unsubscribe = () => Promise<void>;

export interface LinkOptions {
  readonly url: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly probeIntervalMs: number;
  /** Messages may have been lost. */
  onSubscribed(): void;
  /** It does not work any more, or works again. */
  onAway(reason: string): void;
  onBack(): void;
  /** A message was nothing that this listener knows, and is passed over. */
  onUnreadable(channel: string, error: unknown): void;
}

const UNSUBSCRIBE_MS = 1000;
const RETRY_MS = 50;
/** Who comes to a successor so much later than others do is not yet taken for dead. */
const RENEW_MS = 2000;
/** A renewal that takes longer is an absence like any other. */
const RENEWING_MS = 1000;
/** However long Redis was away, an attempt is given this. */
const LEAST_ATTEMPT_MS = 1000;

/** Refusals that end by themselves, or by somebody who sees to it: restart, failover, memory, disk, replicas. */
const PASSING =
  /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|UNBLOCKED|OOM|MISCONF|NOREPLICAS)\b/;

/** @throws LogError LOG_UNAVAILABLE where Redis cannot be reached within the bound */
export async function openRedisLink(options: LinkOptions): Promise<RedisLink> {
  const { clock, prefix, timeoutMs, probeIntervalMs, onSubscribed } = options;
  const { host } = new URL(options.url);
  let awaySince: number | undefined;
  let stopProbing: (() => void) | undefined;
  let reason = 'no connection';
  let probeKey = `${prefix}{probe}:probe`;
  let closed = false;
  let connections: Connections | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  /** What could not be left: a connection that comes back subscribes to it again. */
  const leaving = new Set<() => Promise<void>>();

  connections = await connect({
    url: options.url,
    silenceMs: timeoutMs,
    onReady: () => void probe(),
    onSubscribed() {
      const left = [...leaving];
      leaving.clear();
      for (const leave of left) void leave();
      onSubscribed();
    },
    onError(error) {
      reason = error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
      if (connections?.isReady() !== true) troubled();
    },
  }).catch((error: Error) => {
    throw unavailable(error.message, error);
  });
  if (connections === undefined) throw unavailable(reason);
  const to = connections;

  function unavailable(what: string, cause?: unknown): LogError {
    return new LogError('LOG_UNAVAILABLE', `Redis at ${host} cannot be used: ${what}`, { cause });
  }

  function troubled(key?: string): void {
    if (closed) return;
    if (key !== undefined) probeKey = `${key.slice(0, key.lastIndexOf(':'))}:probe`;
    if (awaySince === undefined) options.onAway(reason);
    awaySince ??= clock.monotonic();
    stopProbing ??= clock.every(probeIntervalMs, () => void probe());
  }

  async function probe(): Promise<void> {
    if (awaySince === undefined || connections?.isReady() !== true) return;
    try {
      await send(probeScript, [probeKey], []);
      if (awaySince !== undefined) options.onBack();
      awaySince = undefined;
      stopProbing?.();
      stopProbing = undefined;
    } catch {}
  }

  async function send(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return (await to.send(keys[0] ?? '', ['EVALSHA', script.sha1, ...rest])) as Reply;
    } catch (error) {
      const refusal = error instanceof ErrorReply ? error.message : '';
      // A primary that became a replica cuts nobody off: its place is another's now.
      if (refusal.startsWith('READONLY')) renew();
      if (!refusal.startsWith('NOSCRIPT')) throw error;
      return (await to.send(keys[0] ?? '', ['EVAL', script.text, ...rest])) as Reply;
    }
  }

  /** Not with each refusal: whoever answers then may read only for long, and each time all rooms are looked at. */
  function renew(): void {
    if (clock.monotonic() < renewedAt + RENEW_MS) return;
    renewedAt = clock.monotonic();
    to.renew();
  }

  /** Tries until it works or the time is over: that of this call, or of an absence that began before it. */
  async function persist<T>(key: string, isAppend: boolean, attempt: () => Promise<T>): Promise<T> {
    const now = clock.monotonic();
    const deadline = Math.max(now, (awaySince ?? now) + timeoutMs);
    // Whether an attempt may have been heard although no answer came.
    let isUncertain = false;
    const failure = (cause?: unknown): LogError => {
      if (!isUncertain || !isAppend) return unavailable(reason, cause);
      return new LogError('LOG_UNCERTAIN', `Redis at ${host} gave no answer to an append: ${reason}`, {
        cause,
      });
    };
    for (;;) {
      let isRenewing = false;
      try {
        if (closed || !to.isReady()) throw new ClientOfflineError();
        const leftMs = Math.max(LEAST_ATTEMPT_MS, deadline - clock.monotonic());
        const result = await within(clock, leftMs, attempt());
        if (result !== undefined) return result;
        reason = 'it does not answer';
        isUncertain = true;
      } catch (error) {
        reason = (error as Error).message;
        // By this process itself, which takes no part of anybody's time.
        isRenewing = error instanceof ClientOfflineError && clock.monotonic() < renewedAt + RENEWING_MS;
        if (error instanceof ErrorReply) {
          if (reason.startsWith('WRONGTYPE'))
            throw new LogError('LOG_CORRUPT', `Redis has something else at ${key}`, { cause: error });
          if (!PASSING.test(reason)) throw failure(error);
        } else if (!(error instanceof ClientOfflineError || error instanceof ClientClosedError)) {
          isUncertain = true;
        }
      }
      troubled(key);
      if (closed || (!isRenewing && clock.monotonic() + RETRY_MS > deadline)) throw failure();
      await passed(clock, RETRY_MS);
    }
  }

  return {
    run: (script, keys, args) =>
      persist(keys[0] ?? '', script === appendScript, async () => {
        const given = args();
        return given === undefined ? [] : send(script, keys, given);
      }),
    async subscribe(channel, listener) {
      let told: Listener | undefined = listener;
      const heard: Listener = (message) => {
        // What it throws would have the client lose its place in what Redis sends.
        try {
          told?.(message);
        } catch (error) {
          options.onUnreadable(channel, error);
        }
      };
      const leave = () => to.unsubscribe(channel, heard).catch(() => void leaving.add(leave));
      const unsubscribe = async (): Promise<void> => {
        told = undefined;
        // A connection that breaks amid this may leave it without an answer, and whoever closes waits for it.
        await within(clock, UNSUBSCRIBE_MS, leave());
      };
      let isAsked = false;
      try {
        await persist(channel, false, async () => {
          isAsked = true;
          await to.subscribe(channel, heard);
          return true;
        });
      } catch (error) {
        // An answer may still come.
        if (isAsked) void unsubscribe();
        throw error;
      }
      return unsubscribe;
    },
    publish(channel, text) {
      if (to.isReady()) to.send(channel, ['SPUBLISH', channel, text]).catch(() => {});
    },
    async deliver(channel, message) {
      if (closed || !to.isReady()) return 'unsent';
      try {
        const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
        const heard = await within(clock, timeoutMs, to.send(channel, ['SPUBLISH', channel, bytes]));
        if (heard === undefined) return 'unsure';
        return Number(heard) > 0 ? 'heard' : 'unheard';
      } catch (error) {
        const isUnsent = [ErrorReply, ClientOfflineError, ClientClosedError].some(
          (one) => error instanceof one,
        );
        return isUnsent ? 'unsent' : 'unsure';
      }
    },
    writable: () => !closed && awaySince === undefined,
    close() {
      closed = true;
      stopProbing?.();
      to.close();
    },
  };
}
