import { Refusal } from '../../../protocol/index.ts';
import { introduced } from '../hooks.ts';
import { principalOf } from '../membership.ts';
import type { User } from '../principal.ts';
import { decide, grant, type Rights, rightsIn } from '../rights.ts';
import type { Membership, Session } from '../session.ts';
import type { Stage, Treatment } from '../stage.ts';
import { enter, presenceOf } from './joining.ts';

export const auth: Treatment<'auth'> = {
  bucket: 'commands',
  anonymous: true,
  async handle(stage, session, command) {
    const user = await stage.verifyToken(command.token);
    const before = principalOf(session);
    if (before?.userId !== undefined && before.userId !== user.userId) {
      throw new Refusal('IDENTITY_MISMATCH', {
        path: 'token',
        expected: `a token of ${JSON.stringify(before.userId)}`,
      });
    }
    const wasGuest = before?.kind === 'guest';
    const ask = async () => {
      const regards = new Map<Membership, Regard>();
      for (const membership of session.memberships.values()) {
        const rights = await rightsIn(membership.roomId, user, stage.authorize);
        const isNew = wasGuest && 'mayWrite' in rights;
        const regard = isNew ? await introduce(stage, session, user, membership, rights) : { rights };
        regards.set(membership, regard);
      }
      return regards;
    };
    await decide(stage.revision, ask, (regards) => {
      if (session.phase.kind !== 'open' && session.phase.kind !== 'arriving') return;
      stage.admit(session, user);
      for (const [membership, { rights, shown }] of regards) {
        if (!grant(stage, session, membership, rights) || shown === undefined) continue;
        // A guest that has shown who it is gives way to nobody any more.
        membership.user = shown;
        enter(stage, session, membership, undefined, command.ref);
      }
      if (wasGuest) stage.listen(session);
    });
    stage.answer(session, {
      type: 'ack',
      op: 'auth',
      ...(command.ref === undefined ? {} : { ref: command.ref }),
    });
  },
};

/** What somebody may in a room; of one who was a guest there, also as whom it is shown from now on. */
interface Regard {
  readonly rights: Rights;
  readonly shown?: Membership['user'];
}

async function introduce(
  stage: Stage,
  session: Session,
  principal: User,
  { roomId, user }: Membership,
  rights: Rights,
): Promise<Regard> {
  let shown = presenceOf(principal, user);
  const show = (described: typeof shown) => {
    shown = described;
  };
  try {
    await introduced(stage, session, principal, { roomId, user: shown }, show);
    return { rights, shown };
  } catch (error) {
    if (error instanceof Refusal) return { rights: { refused: error.code } };
    throw error;
  }
}
