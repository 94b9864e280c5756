import type { Author } from '../room/entry.ts';
import type { ExecutionOptions } from './execution-options.ts';
import { refuseSyncs } from './joins.ts';

const RETURN_MS = 1000;

type ReturningOptions = Pick<
  ExecutionOptions,
  'session' | 'lostSessions' | 'clock' | 'joins' | 'rejoin' | 'submit'
>;

/** Those who come back where others, or another node, had them before. */
export class Returning {
  readonly #options: ReturningOptions;

  constructor(options: ReturningOptions) {
    this.#options = options;
  }

  /** Somebody whose connection broke off here has come back at another node: what it holds passes there. */
  handOver(roomId: string, { userId, connection }: Author): void {
    const { lostSessions, clock, submit } = this.#options;
    for (const { id, memberships } of lostSessions(userId, roomId)) {
      memberships.delete(roomId);
      const [at, by] = [clock.now(), { connection: id, userId }];
      submit(roomId, { type: 'leave', at, by, reason: 'disconnected', passesTo: connection });
    }
  }

  /**
   * A join was refused. Who never left, or has come back as if it never had, has asked for nothing: that is tried
   * until the log takes it.
   *
   * @returns whether it was such a join
   */
  later(roomId: string, connectionId: string): boolean {
    const { joins, session, clock, rejoin } = this.#options;
    const { want, membership } = joins.latest(connectionId, roomId) ?? {};
    if (membership === undefined || want === undefined) return false;
    if (want.resync !== true && want.recovers === undefined) return false;
    const syncs = joins.take(connectionId, roomId, 'latest')?.syncs ?? [];
    const asking = session(connectionId);
    if (asking !== undefined) refuseSyncs(asking, roomId, syncs);
    clock.after(RETURN_MS, () => {
      const held = session(connectionId);
      if (held?.memberships.get(roomId) !== membership) return;
      // It has left meanwhile, or was sent away.
      if (membership.phase === 'leaving') held.memberships.delete(roomId);
      else rejoin(held, membership, want);
    });
    return true;
  }
}
