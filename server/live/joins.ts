import { renderDirect } from '../dialect/dialect.ts';
import type { DirectEvent } from '../dialect/events.ts';
import type { Membership, Session } from '../dispatch/session.ts';
import type { Want } from '../fanout/attachment.ts';
import type { SyncRequest } from '../fanout/catch-up.ts';

/** A join on its way through the log. */
export interface Join {
  membership: Membership;
  /** Undefined: the room serves the connection already. */
  want: Want | undefined;
  /** Lost sessions of the same user, whose places pass to this one. */
  replaced: readonly Session[];
  /** What it leaves when the join is accepted. */
  leaves: readonly Membership[];
  /** Asked for before the join was accepted. */
  syncs: SyncRequest[];
}

/** Joins on their way through the log, in their order, by connection and room. */
export class Joins {
  readonly #waiting = new Map<string, Join[]>();

  add(connectionId: string, join: Omit<Join, 'syncs'>): void {
    const key = keyOf(connectionId, join.membership.roomId);
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), { syncs: [], ...join }]);
  }

  /** Whether one of them has the room serve the connection, whatever it did before. */
  serves(connectionId: string, roomId: string): boolean {
    return this.#waiting.get(keyOf(connectionId, roomId))?.some(({ want }) => want !== undefined) === true;
  }

  /** The one that was added last and has not been taken. */
  latest(connectionId: string, roomId: string): Join | undefined {
    return this.#waiting.get(keyOf(connectionId, roomId))?.at(-1);
  }

  /** Takes out the one that was added first; the last one where that was refused before it got to the log. */
  take(connectionId: string, roomId: string, which: 'oldest' | 'latest' = 'oldest'): Join | undefined {
    const key = keyOf(connectionId, roomId);
    const joins = this.#waiting.get(key);
    const join = which === 'oldest' ? joins?.shift() : joins?.pop();
    if (joins?.length === 0) this.#waiting.delete(key);
    return join;
  }
}

function keyOf(connectionId: string, roomId: string): string {
  return `${connectionId}\n${roomId}`;
}

/**
 * Answers who asked for what a room holds, and is not in there, or not yet again. Who named no ref waits for no answer:
 * it gets the room with its return.
 */
export function refuseSyncs(session: Session, roomId: string, syncs: readonly SyncRequest[]): void {
  for (const { ref } of syncs) {
    if (ref === undefined) continue;
    const event: DirectEvent = { type: 'error', op: 'requestSync', roomId, code: 'NOT_JOINED', ref };
    session.receiver.reply(renderDirect(session.receiver.dialect, event));
  }
}
