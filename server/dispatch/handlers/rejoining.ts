import type { Claimed } from '../../fanout/position.ts';
import { introduced } from '../hooks.ts';
import { principalOf } from '../membership.ts';
import { rightsIn } from '../rights.ts';
import type { Membership, Session } from '../session.ts';
import type { Stage } from '../stage.ts';
import { enter } from './joining.ts';

export interface Return {
  readonly roomId: string;
  readonly user: Membership['user'];
  readonly since: Claimed;
}

/**
 * Takes a session back into rooms, quietly: it is told only what it missed.
 *
 * @param own the connections that it had before
 * @returns what does so; undefined where it may not be in one of them any more. Rejects where that cannot be
 * found out
 */
export async function rejoin(
  stage: Stage,
  session: Session,
  returns: readonly Return[],
  own: readonly string[],
): Promise<(() => void) | undefined> {
  const principal = principalOf(session);
  if (principal === undefined) return undefined;
  const memberships: Membership[] = [];
  for (const { roomId, user } of returns) {
    const rights = await rightsIn(roomId, principal, stage.authorize);
    if ('refused' in rights) return undefined;
    const { mayWrite } = rights;
    await introduced(stage, session, principal, { roomId, user }, (shown) => {
      const [viewing, locks] = [new Set<string>(), new Map<string, number>()];
      memberships.push({
        roomId,
        userId: user.userId,
        user: shown,
        phase: 'joining',
        mayWrite,
        viewing,
        locks,
      });
    });
  }
  return () => {
    for (const [index, membership] of memberships.entries()) {
      session.memberships.set(membership.roomId, membership);
      const since = returns[index]?.since;
      enter(stage, session, membership, { joins: [], scene: false, since, recovers: own }, undefined);
    }
  };
}
