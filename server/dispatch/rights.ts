import { type ErrorCode, Refusal } from '../../protocol/index.ts';
import { projectOf } from './authorization.ts';
import type { Authorize, Principal } from './principal.ts';
import type { Membership, Session } from './session.ts';
import type { Stage } from './stage.ts';

/** What a principal may in a room that it is in; `refused`: it may not stay. */
export type Rights = { readonly mayWrite: boolean } | { readonly refused: ErrorCode };

/**
 * Acts on an answer as long as what it rests on is as it was when it was asked for; otherwise asks again. So no late
 * answer outlives the change that would have made it another one.
 *
 * @param revision another number whenever permissions have changed
 */
export async function decide<Answer, Outcome>(
  revision: () => number,
  ask: () => Promise<Answer>,
  act: (answer: Answer) => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    const asked = revision();
    const answer = await ask();
    if (revision() === asked) return act(answer);
  }
}

/** Asks anew. Rejects where the authorizer fails. */
export async function rightsIn(roomId: string, principal: Principal, authorize: Authorize): Promise<Rights> {
  try {
    if (!(await authorize(principal, 'join', roomId))) return { refused: 'FORBIDDEN' };
    return { mayWrite: await authorize(principal, 'write', roomId) };
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'AUTHORIZER_UNAVAILABLE') return { refused: error.code };
    throw error;
  }
}

/** Brings a membership up to date with what was answered. Returns whether it stays. */
export function grant(
  { dismiss, letGo }: Pick<Stage, 'dismiss' | 'letGo'>,
  session: Session,
  membership: Membership,
  rights: Rights,
): boolean {
  // It may have been left, or removed, while that was asked.
  const isThere = session.memberships.get(membership.roomId) === membership;
  if (!isThere || membership.phase === 'leaving') return false;
  if ('refused' in rights) {
    dismiss(session, membership, { reason: 'forbidden', code: rights.refused });
    return false;
  }
  membership.mayWrite = rights.mayWrite;
  if (!rights.mayWrite) letGo(session, membership);
  return true;
}

export interface Review extends Pick<Stage, 'authorize' | 'dismiss' | 'letGo' | 'revision'> {
  sessions: Iterable<Session>;
  /** An authorizer failed, which counts as a refusal. */
  onFault(error: unknown): void;
}

/** Asks anew about everybody in the rooms of a project. Never rejects. */
export async function review(projectId: string, options: Review): Promise<void> {
  const { sessions, authorize, revision, onFault } = options;
  const reviewed: Promise<void>[] = [];
  for (const session of sessions) {
    if (!('principal' in session.phase)) continue;
    const { principal } = session.phase;
    for (const membership of session.memberships.values()) {
      if (projectOf(membership.roomId) !== projectId) continue;
      const ask = () =>
        rightsIn(membership.roomId, principal, authorize).catch((error: unknown): Rights => {
          onFault(error);
          return { refused: 'FORBIDDEN' };
        });
      const act = (given: Rights) => {
        // Who speaks for somebody else by now was asked about meanwhile.
        const isSame = 'principal' in session.phase && session.phase.principal === principal;
        if (isSame) grant(options, session, membership, given);
      };
      reviewed.push(decide(revision, ask, act));
    }
  }
  await Promise.all(reviewed);
}
