import type { Clock } from '../clock.ts';
import { LogError } from './log.ts';

/** One change of a store: `value` under `key`, or no longer anything under `key`. */
export interface Write<Table> {
  readonly table: Table;
  readonly key: readonly (string | number)[];
  readonly value: Buffer | undefined;
}

export interface GroupCommit<Table> {
  /**
   * Makes `writes` durable, all or none.
   *
   * @throws LogError `LOG_UNAVAILABLE`: nothing of it is stored.
   */
  commit(writes: readonly Write<Table>[]): Promise<void>;
  /** False from a commit that failed until one that succeeds. */
  writable(): boolean;
  /** Refuses new commits and waits for those under way. */
  close(): Promise<void>;
}

export interface GroupCommitOptions<Table> {
  /** Stores in one transaction and resolves once it is on disk; on rejection nothing is stored. */
  store(writes: readonly Write<Table>[]): Promise<void>;
  /** Rejects while it makes no sense to try the store again. */
  tryRoom(): Promise<void>;
  /** What is written and removed to find out whether the store works again. */
  readonly probe: Write<Table>;
  /** Why the store can take no more writes until the process restarts; `undefined` while it can. */
  broken(): string | undefined;
  readonly clock: Clock;
  readonly probeIntervalMs: number;
}

interface Waiting<Table> {
  readonly writes: readonly Write<Table>[];
  resolve(): void;
  reject(error: LogError): void;
}

/**
 * Gathers what one turn of the event loop, and then what the time of one commit brings, into the next
 * commit, so that many rooms share the cost of a sync to disk. One commit is under way at a time.
 *
 * While commits fail, a probe is written every `probeIntervalMs`, so that {@link GroupCommit.writable} tells
 * the truth without traffic.
 */
export function createGroupCommit<Table>(options: GroupCommitOptions<Table>): GroupCommit<Table> {
  let waiting: Waiting<Table>[] = [];
  let running: Promise<void> | undefined;
  let stopProbing: (() => void) | undefined;
  let closed = false;

  const commit = (writes: readonly Write<Table>[]): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ writes, resolve, reject });
      running ??= run();
    });

  async function run(): Promise<void> {
    for (;;) {
      // Whoever calls in this turn shares the commit, those that the last one has just answered included.
      await new Promise<void>((turn) => setImmediate(turn));
      if (waiting.length === 0) break;
      const group = waiting;
      waiting = [];
      const failure = await attempt(group.flatMap((one) => one.writes));
      if (failure) startProbing();
      else endProbing();
      for (const one of group) failure ? one.reject(failure) : one.resolve();
    }
    running = undefined;
  }

  async function attempt(writes: readonly Write<Table>[]): Promise<LogError | undefined> {
    const reason = stopProbing && options.broken();
    if (reason) return new LogError('LOG_UNAVAILABLE', reason);
    try {
      await options.store(writes);
      return undefined;
    } catch (cause) {
      return new LogError('LOG_UNAVAILABLE', `the log cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  function startProbing(): void {
    stopProbing ??= options.clock.every(options.probeIntervalMs, () => {
      if (!running) probe().catch(() => {});
    });
  }

  async function probe(): Promise<void> {
    // First without the store, which reports each failure on the standard error of the process.
    await options.tryRoom();
    if (!stopProbing) return;
    await commit([options.probe]);
    // Where this fails the probe stays; the next one takes its place.
    await commit([{ ...options.probe, value: undefined }]);
  }

  function endProbing(): void {
    stopProbing?.();
    stopProbing = undefined;
  }

  return {
    async commit(writes) {
      if (closed) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      return commit(writes);
    },
    writable: () => !closed && !stopProbing,
    async close() {
      closed = true;
      endProbing();
      while (running) await running;
      // A failure among the last commits may have started it again.
      endProbing();
    },
  };
}
