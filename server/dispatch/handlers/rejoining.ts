import type { Claimed } from '../../fanout/position.ts';
import { principalOf } from '../membership.ts';
import type { Principal } from '../principal.ts';
import { decide, rightsIn } from '../rights.ts';
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
 * @param begin called when it may, right before; false: it does not go back after all
 * @returns whether it is back; not where it may not be in one of them any more. Rejects where that cannot be
 * found out
 */
export async function rejoin(
  stage: Stage,
  session: Session,
  returns: readonly Return[],
  own: readonly string[],
  begin: () => boolean,
): Promise<boolean> {
  const principal = principalOf(session);
  if (principal === undefined) return false;
  const ask = () => membershipsIn(returns, principal, stage);
  return decide(stage.revision, ask, (memberships) => {
    if (memberships === undefined || !begin()) return false;
    for (const [index, membership] of memberships.entries()) {
      session.memberships.set(membership.roomId, membership);
      const since = returns[index]?.since;
      enter(stage, session, membership, { joins: [], scene: false, since, recovers: own }, undefined);
    }
    return true;
  });
}

/** Undefined: it may not be in one of them. */
async function membershipsIn(
  returns: readonly Return[],
  principal: Principal,
  { authorize }: Stage,
): Promise<Membership[] | undefined> {
  const memberships: Membership[] = [];
  for (const { roomId, user } of returns) {
    const rights = await rightsIn(roomId, principal, authorize);
    if ('refused' in rights) return undefined;
    memberships.push({
      roomId,
      userId: user.userId,
      user,
      phase: 'joining',
      mayWrite: rights.mayWrite,
      viewing: new Set(),
      locks: new Map(),
    });
  }
  return memberships;
}
