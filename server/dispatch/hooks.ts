import { type CommandOf, Refusal, type UserPresence } from '../../protocol/index.ts';
import type { LeaveReason } from '../room/entry.ts';
import type { Principal } from './principal.ts';
import type { Membership, Session } from './session.ts';
import { bytesOf } from './size.ts';
import type { Stage } from './stage.ts';
import { validated } from './validation.ts';

/** Who does something, and where. */
export interface Occasion {
  readonly roomId: string;
  readonly connectionId: string;
  readonly userId: string;
}

/** The commands that write what a room keeps. */
export type ContentCommand = CommandOf<'sceneOperation' | 'relay' | 'operation' | 'message'>;

/**
 * A program's own word on what happens. On joins and writes, whoever throws a Refusal, or returns false, refuses
 * with it (FORBIDDEN); another error is a fault of the program's, logged and answered with INTERNAL. What the
 * connection sends meanwhile waits for a promise.
 */
export interface Hooks {
  /** Before somebody enters a room, or changes how it is shown there. May return another description of the user. */
  join?(
    occasion: Occasion & { readonly user: UserPresence; readonly principal: Principal },
  ): Verdict<UserPresence>;
  /** A connection leaves a room, or is taken out of it; nothing can be done about it. What it throws is logged. */
  leave?(occasion: Occasion & { readonly reason: LeaveReason }): void;
  /** Before something is written. May return another command of the same type, which is validated again. */
  operation?(occasion: Occasion & { readonly command: ContentCommand }): Verdict<ContentCommand>;
}

/** Undefined, or true: so be it. */
export type Verdict<T> = undefined | boolean | T | Promise<undefined | boolean | T>;

/** Hands on the command as the program will have it. */
export function overseen<C extends ContentCommand>(
  hook: NonNullable<Hooks['operation']>,
  session: Session,
  { roomId, userId }: Membership,
  command: C,
  write: (command: C) => void,
): void | Promise<void> {
  const verdict = hook({ roomId, userId, connectionId: session.id, command });
  return then(verdict, (given) => {
    if (given === undefined) return write(command);
    const { ref } = command;
    const asked = { ...given, type: command.type, ...(ref === undefined ? {} : { ref }) };
    write(validated(command.type, asked) as C);
  });
}

type Described = UserPresence & { userId: string };

/** Hands on the description of a user as the program will have it. */
export function introduced(
  { hooks, limits }: Pick<Stage, 'hooks' | 'limits'>,
  session: Session,
  principal: Principal,
  { roomId, user }: { roomId: string; user: Described },
  enter: (user: Described) => void | Promise<void>,
): void | Promise<void> {
  if (hooks?.join === undefined) return enter(user);
  const { userId } = user;
  const verdict = hooks.join({ roomId, userId, connectionId: session.id, user, principal });
  return then(verdict, (given) => {
    if (given === undefined) return enter(user);
    const limit = limits.MAX_USER_BYTES;
    if (bytesOf(given) > limit) {
      throw new Refusal('INVALID_FIELD', { path: 'user', expected: `at most ${limit} bytes`, limit });
    }
    return enter({ ...given, userId });
  });
}

function then<T extends object>(
  verdict: Verdict<T>,
  go: (given: T | undefined) => void | Promise<void>,
): void | Promise<void> {
  if (verdict instanceof Promise) return verdict.then((later) => go(allowed(later)));
  return go(allowed(verdict));
}

function allowed<T extends object>(verdict: undefined | boolean | T): T | undefined {
  if (verdict === false) throw new Refusal('FORBIDDEN');
  return verdict === true ? undefined : verdict;
}
