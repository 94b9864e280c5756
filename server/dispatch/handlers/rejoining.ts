import type { Want } from '../../fanout/attachment.ts';
import type { Claimed } from '../../fanout/position.ts';
import { introduced } from '../hooks.ts';
import { membershipIn, principalOf } from '../membership.ts';
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
  const ask = () => membershipsIn(stage, session, principal, returns);
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

/**
 * Takes a session into a room again in which it was without a break, as far as it knows. Where the room was read
 * anew it gets the whole state; else it has heard all, and hears on. It views what it viewed; what it had selected is
 * gone, as others have seen it go.
 */
export function reenter(
  stage: Stage,
  session: Session,
  membership: Membership,
  want: Want = { joins: [], scene: true, since: undefined, resync: true },
): void {
  membership.phase = 'joining';
  membership.locks = undefined;
  enter(stage, session, membership, want, undefined);
}

/** Undefined: it may not be in one of them. */
async function membershipsIn(
  stage: Stage,
  session: Session,
  principal: Principal,
  returns: readonly Return[],
): Promise<Membership[] | undefined> {
  const memberships: Membership[] = [];
  for (const { roomId, user } of returns) {
    const rights = await rightsIn(roomId, principal, stage.authorize);
    if ('refused' in rights) return undefined;
    const { mayWrite } = rights;
    await introduced(stage, session, principal, { roomId, user }, (shown) => {
      memberships.push(membershipIn(roomId, shown, mayWrite));
    });
  }
  return memberships;
}
