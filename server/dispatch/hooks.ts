import { type CommandOf, Refusal, type UserPresence } from '../../protocol/index.ts';
import type { LeaveReason } from '../room/entry.ts';
import { inspect } from './inspect.ts';
import { isLater } from './later.ts';
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
 * with it (FORBIDDEN); another error is a fault of the program's, logged and answered with INTERNAL, and so is what
 * cannot be written as JSON or lies too deep. What the connection sends meanwhile waits for a promise.
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
export type Verdict<T> = undefined | boolean | T | PromiseLike<undefined | boolean | T>;

/** Hands on the command as the program will have it. */
export function overseen<C extends ContentCommand>(
  hook: NonNullable<Hooks['operation']>,
  limits: Stage['limits'],
  session: Session,
  { roomId, userId }: Membership,
  command: C,
  write: (command: C) => void,
): void | Promise<void> {
  const { ref } = command;
  const verdict = hook({ roomId, userId, connectionId: session.id, command });
  return then(verdict, (given) => {
    const asked = { ...(given ?? command), type: command.type, ...(ref === undefined ? {} : { ref }) };
    write(validated(command.type, asLogged('operation', asked, limits)) as C);
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
    const shown = asLogged('join', given ?? user, limits);
    const limit = limits.MAX_USER_BYTES;
    if (given !== undefined && bytesOf(shown) > limit) {
      throw new Refusal('INVALID_FIELD', { path: 'user', expected: `at most ${limit} bytes`, limit });
    }
    return enter({ ...shown, userId });
  });
}

/** What some vocabularies make of a message lies deeper than the message. */
const MORE_LEVELS = 8;

/**
 * What a program gave, or has changed in place, as it comes out of the log: this process folds what it has written,
 * the others, and its next life, what they read.
 */
function asLogged<T extends object>(hook: keyof Hooks, given: T, { MAX_DEPTH }: Stage['limits']): T {
  try {
    const logged: T = JSON.parse(JSON.stringify(given));
    inspect(logged, MAX_DEPTH + MORE_LEVELS);
    return logged;
  } catch (cause) {
    throw new Error(`what the ${hook} hook has given cannot be kept`, { cause });
  }
}

function then<T extends object>(
  verdict: Verdict<T>,
  go: (given: T | undefined) => void | Promise<void>,
): void | Promise<void> {
  if (isLater(verdict)) return Promise.resolve(verdict).then((later) => go(allowed(later)));
  return go(allowed(verdict));
}

function allowed<T extends object>(verdict: undefined | boolean | T): T | undefined {
  if (verdict === false) throw new Refusal('FORBIDDEN');
  return verdict === true ? undefined : verdict;
}
