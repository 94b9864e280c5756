import { type CommandOf, Refusal, type UserPresence } from '../../../protocol/index.ts';
import type { Want } from '../../fanout/attachment.ts';
import { introduced } from '../hooks.ts';
import { authorOf, checkUser, membershipIn, membershipOf, principalOf } from '../membership.ts';
import type { Guest, Principal } from '../principal.ts';
import { decide } from '../rights.ts';
import type { Membership, Session } from '../session.ts';
import { bytesOf } from '../size.ts';
import type { Stage, Treatment } from '../stage.ts';

export const join: Treatment<'join'> = {
  bucket: 'commands',
  handle(stage, session, command) {
    const before = principalOf(session);
    if (before === undefined) throw new Refusal('UNAUTHENTICATED');
    const principal = identified(before, command);
    checkSize(command.user, stage.limits.MAX_USER_BYTES);
    const user = presenceOf(principal, command.user);
    const { roomId } = command;
    const leftFor = othersThan(roomId, session);
    const staysIn = [...session.memberships.values()].filter(
      (one) => one.roomId !== roomId && one.phase !== 'leaving' && !leftFor.includes(one),
    );
    if (staysIn.length >= stage.limits.MAX_CONNECTION_ROOMS) {
      throw new Refusal('TOO_MANY_ROOMS', { limit: stage.limits.MAX_CONNECTION_ROOMS });
    }
    const ask = () =>
      [stage.authorize(principal, 'join', roomId), stage.authorize(principal, 'write', roomId)] as const;
    const go = (shown: typeof user, writes: boolean) => {
      // The connection may have ended meanwhile.
      if (session.phase.kind !== 'open') return;
      if (principal !== before) stage.admit(session, principal);
      const membership = membershipIn(roomId, shown, writes);
      // As it is by now: it may have been sent away meanwhile. One that is being left hands nothing on.
      const known = session.memberships.get(roomId);
      if (known !== undefined && known.phase !== 'leaving') {
        membership.viewing = known.viewing;
        membership.locks = known.locks;
        if (known.phase === 'joined') membership.phase = 'joined';
        if (!writes) stage.letGo(session, known);
      }
      const leaves = othersThan(roomId, session);
      // The last one: where it is in one at a time, what it does next is meant for this.
      session.memberships.delete(roomId);
      session.memberships.set(roomId, membership);
      const { ref, scene = false, since } = command;
      enter(stage, session, membership, { joins: [{ ref }], scene, since }, ref, leaves);
    };
    const admitted = (joins: boolean, writes: boolean) => {
      if (!joins) throw new Refusal('FORBIDDEN');
      const known = stage.revision();
      return introduced(stage, session, principal, { roomId, user }, (shown) => {
        if (stage.revision() === known) return go(shown, writes);
        // The program took its time.
        return decide(
          stage.revision,
          () => Promise.all(ask()),
          ([stillJoins, stillWrites]) => {
            if (!stillJoins) throw new Refusal('FORBIDDEN');
            go(shown, stillWrites);
          },
        );
      });
    };
    // Most answers are known at once; then the commands behind it need not wait.
    let first: ReturnType<typeof ask> | undefined = ask();
    const [may, mayWrite] = first;
    if (typeof may === 'boolean' && typeof mayWrite === 'boolean') return admitted(may, mayWrite);
    const askAgain = () => {
      const asked = first ?? ask();
      first = undefined;
      return Promise.all(asked);
    };
    return decide(stage.revision, askAgain, ([joins, writes]) => admitted(joins, writes));
  },
};

/** What a session is in that it cannot be in beside this room. */
function othersThan(roomId: string, { memberships, receiver }: Session): Membership[] {
  const { oneAtATime } = receiver.dialect.vocabulary;
  if (oneAtATime === undefined || !roomId.startsWith(oneAtATime)) return [];
  return [...memberships.values()].filter(
    (one) => one.roomId !== roomId && one.roomId.startsWith(oneAtATime),
  );
}

/**
 * @param want what the join asks for; undefined where the room serves the connection already
 * @param leaves what it leaves when the join is accepted
 */
export function enter(
  stage: Stage,
  session: Session,
  membership: Membership,
  want: Want | undefined,
  ref: string | number | undefined,
  leaves: readonly Membership[] = [],
): void {
  const { roomId, user, viewing } = membership;
  const replaced = stage.lostSessions(user.userId, roomId).filter((one) => one !== session);
  stage.expect(session, { membership, want, replaced, leaves });
  stage.submit(roomId, {
    type: 'join',
    at: stage.now(),
    by: authorOf(session, membership, ref === undefined ? {} : { ref }),
    user,
    guest: 'principal' in session.phase && session.phase.principal.kind === 'guest',
    node: stage.nodeId,
    maxUsers: stage.maxRoomUsers(session),
    ...(replaced.length === 0 ? {} : { replaces: replaced.map((one) => one.id) }),
    ...(want?.recovers === undefined ? {} : { recovers: want.recovers }),
    ...(want?.resync === true && viewing.size > 0 ? { views: [...viewing] } : {}),
  });
}

/** Who joins: the token's user, or the guest as it named itself first. */
function identified(principal: Principal, command: CommandOf<'join'>): Principal & { userId: string } {
  const { user } = command;
  const named = user?.userId ?? user?.id;
  const claims = [command.userId, user?.userId, user?.id].filter((one) => one !== undefined);
  const userId = principal.userId ?? command.userId ?? named;
  if (userId === undefined) {
    throw new Refusal('INVALID_FIELD', { path: 'user.userId', expected: 'the id of the user who joins' });
  }
  // `id` may be one of the application's own beside a `userId`; who it is says `userId` then.
  const decisive = user?.userId === undefined ? claims : [command.userId, user.userId];
  if (decisive.some((one) => one !== undefined && one !== userId)) {
    const path = command.userId !== undefined && command.userId !== userId ? 'userId' : 'user.userId';
    throw new Refusal('IDENTITY_MISMATCH', { path, expected: JSON.stringify(userId) });
  }
  return principal.kind === 'user' ? principal : ({ kind: 'guest', userId } satisfies Guest);
}

function checkSize(user: UserPresence = {}, limit: number): void {
  if (bytesOf(user) <= limit) return;
  throw new Refusal('INVALID_FIELD', { path: 'user', expected: `at most ${limit} bytes`, limit });
}

/** A guest has neither but what it says. */
const nobody = { name: undefined, email: undefined };

/** As whom a principal is shown that describes itself so. */
export function presenceOf(
  principal: Principal & { userId: string },
  given: UserPresence | undefined,
): Membership['user'] {
  const { name, email } = principal.kind === 'user' ? principal : nobody;
  // What is added behind a leading spread gives each object a hidden class of its own, as long as somebody is there.
  return {
    userId: principal.userId,
    ...given,
    ...(name === undefined ? {} : { name }),
    // Whose it is the token knows; whether the others see it is the user's choice.
    ...(email !== undefined && 'email' in (given ?? {}) ? { email } : {}),
  };
}

export const leave: Treatment<'leave'> = {
  bucket: 'commands',
  handle(stage, session, command) {
    const { roomId } = membershipOf(session, command);
    const go = () => {
      if (session.phase.kind !== 'open') return;
      // It may have been taken out meanwhile.
      const membership = membershipOf(session, { ...command, roomId });
      stage.dismiss(session, membership, { reason: 'left', ref: command.ref });
    };
    return stage.departing(session, roomId)?.then(go) ?? go();
  },
};

export const heartbeat: Treatment<'heartbeat'> = {
  bucket: 'commands',
  handle(stage, session, command) {
    for (const { userId } of session.memberships.values()) checkUser(command.userId, userId);
    // One heartbeat is enough for a connection in many rooms, and harmless before the first join.
    const concerned =
      command.roomId === undefined ? session.memberships.values() : [membershipOf(session, command)];
    for (const { locks } of concerned) {
      for (const thing of locks?.keys() ?? []) locks?.set(thing, stage.monotonic() + stage.lockTtlMs);
    }
    stage.answer(session, {
      type: 'ack',
      op: 'heartbeat',
      ...(command.ref === undefined ? {} : { ref: command.ref }),
      ts: command.ts ?? stage.now(),
    });
  },
};
